using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// Functions of a template, with the names and the behaviour of Go's text/template and sprig. The last argument may come from a pipe.
/// </summary>
internal static class TemplateFunctions
{
    internal static object? Call(string name, List<object?> arguments)
    {
        var value = Value(name, arguments);
        return value is string { Length: > BoundedText.MaxLength }
            ? throw new TemplateException($"{name}: a value longer than {BoundedText.MaxLength.ToString()} characters") : value;
    }

    private static object? Value(string name, List<object?> a)
    {
        if (Count(name) is > 0 and var count && a.Count != count)
            throw new TemplateException($"{name}: {a.Count.ToString()} arguments instead of {count.ToString()}");
        switch (name)
        {
            case "not" or "empty": return !IsTrue(a[0]);
            case "eq": return TemplateComparison.EqualsAny(a);
            case "ne": return !TemplateComparison.EqualsAny(a);
            case "lt": return TemplateComparison.Compare(name, a) < 0;
            case "le": return TemplateComparison.Compare(name, a) <= 0;
            case "gt": return TemplateComparison.Compare(name, a) > 0;
            case "ge": return TemplateComparison.Compare(name, a) >= 0;
            case "index" when a.Count >= 1: return Index(a);
            case "len": return a[0] is string text ? Encoding.UTF8.GetByteCount(text) : (long)List(name, a[0]).Count;
            case "list": return a;
            case "first": return List(name, a[0]) is [var first, ..] ? first : null;
            case "last": return List(name, a[0]) is [.., var last] ? last : null;
            case "join": return BoundedText.Join(Text(name, a, 0), List(name, a[1]));
            case "print": return BoundedText.Join("", a);
            case "int": return Integer(a[0]);
            case "add": return Number(name, a, 0) + Number(name, a, 1);
            case "sub": return Number(name, a, 0) - Number(name, a, 1);
            case "default": return IsTrue(a[1]) ? a[1] : a[0];
            case "coalesce": return a.Find(IsTrue);
            case "ternary":
                return a[2] is bool flag ? flag ? a[0] : a[1]
                : throw new TemplateException("ternary: its condition is not true or false");
            case "required": return a[1] is null or "" ? throw new TemplateException(Template.Print(a[0])) : a[1];
            default: return TextValue(name, a);
        }
    }

    private static object? TextValue(string name, List<object?> a)
    {
        switch (name)
        {
            case "lower": return Text(name, a, 0).ToLowerInvariant();
            case "upper": return Text(name, a, 0).ToUpperInvariant();
            case "trim": return Text(name, a, 0).Trim();
            case "trimPrefix":
                return Text(name, a, 1).StartsWith(Text(name, a, 0), StringComparison.Ordinal)
                ? Text(name, a, 1)[Text(name, a, 0).Length..] : a[1];
            case "trimSuffix":
                return Text(name, a, 1).EndsWith(Text(name, a, 0), StringComparison.Ordinal)
                ? Text(name, a, 1)[..^Text(name, a, 0).Length] : a[1];
            case "contains": return Text(name, a, 1).Contains(Text(name, a, 0), StringComparison.Ordinal);
            case "hasPrefix": return Text(name, a, 1).StartsWith(Text(name, a, 0), StringComparison.Ordinal);
            case "hasSuffix": return Text(name, a, 1).EndsWith(Text(name, a, 0), StringComparison.Ordinal);
            case "trunc": return Trunc(Number(name, a, 0), Text(name, a, 1));
            case "replace": return BoundedText.Replace(Text(name, a, 2), NotEmpty(name, Text(name, a, 0)), Text(name, a, 1));
            case "quote": return a[0] is null ? "" : Quote(Template.Print(a[0]));
            case "squote": return a[0] is null ? "" : $"'{Template.Print(a[0])}'";
            case "sha256sum": return Convert.ToHexStringLower(Sha256.Hash(Encoding.UTF8.GetBytes(Text(name, a, 0))));
            default: return TemplateFormatting.Call(name, a);
        }
    }

    /// <summary>Number of arguments; 0: any number.</summary>
    private static int Count(string name) => name switch
    {
        "not" or "empty" or "len" or "first" or "last" or "int" or "lower" or "upper" or "trim" or "quote" or "squote" or "sha256sum" => 1,
        "until" or "b64enc" or "b64dec" => 1,
        "ne" or "join" or "add" or "sub" or "default" or "required" or "trimPrefix" or "trimSuffix" => 2,
        "contains" or "hasPrefix" or "hasSuffix" or "trunc" or "repeat" or "splitList" or "indent" or "nindent" => 2,
        "ternary" or "replace" or "regexReplaceAll" => 3,
        _ => 0,
    };

    internal static string Text(string name, List<object?> arguments, int index) =>
        arguments[index] as string
            ?? throw new TemplateException($"{name}: argument {(index + 1).ToString()} is not a text or has no value");

    internal static long Number(string name, List<object?> arguments, int index) =>
        arguments[index] is long number ? number
            : throw new TemplateException($"{name}: argument {(index + 1).ToString()} is not a number");

    private static IReadOnlyList<object?> List(string name, object? value) =>
        value as IReadOnlyList<object?> ?? throw new TemplateException($"{name}: its argument is not a list or has no value");

    internal static string NotEmpty(string name, string text) =>
        text.Length > 0 ? text : throw new TemplateException($"{name}: the text to replace is empty");

    /// <summary>False for null, zero, false and empty values.</summary>
    internal static bool IsTrue(object? value) => value is not (null or "" or 0L or false or IReadOnlyList<object?> { Count: 0 });

    /// <summary>0 if it is not a number.</summary>
    private static object Integer(object? value) =>
        value is long number ? number : value is string text && long.TryParse(text, out var parsed) ? parsed : 0L;

    /// <summary>The first n characters, or the last n for a negative n.</summary>
    private static string Trunc(long n, string text)
    {
        if (n >= 0) return n < text.Length ? text[..(int)n] : text;
        return -n < text.Length && n != long.MinValue ? text[^(int)-n..] : text;
    }

    private static object? Index(List<object?> arguments)
    {
        var value = arguments[0];
        for (var i = 1; i < arguments.Count; i++)
        {
            value = (value, arguments[i]) switch
            {
                (IReadOnlyList<object?> list, long at) when at >= 0 && at < list.Count => list[(int)at],
                (IReadOnlyList<object?> list, long at) =>
                    throw new TemplateException($"index {at.ToString()} of a list of {list.Count.ToString()}"),
                (TemplateFields fields, string name) => fields[name],
                _ => throw new TemplateException("index of a value without elements"),
            };
        }
        return value;
    }

    internal static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
            quoted.Append(c switch { '"' => "\\\"", '\\' => "\\\\", '\n' => "\\n", '\t' => "\\t", '\r' => "\\r", _ => c.ToString() });
        return quoted.Append('"').ToString();
    }
}
