using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>Functions of a template, named and behaving as in Go's text/template and in sprig. The last argument may come out of a pipe.</summary>
internal static class TemplateFunctions
{
    internal static object? Call(string name, List<object?> arguments)
    {
        var value = Value(name, arguments);
        return value is string { Length: > BoundedText.Longest } ? throw new TemplateException($"{name}: longer than {BoundedText.Longest} characters") : value;
    }

    private static object? Value(string name, List<object?> a) => name switch
    {
        "not" => Expect(name, a, 1) && !IsTrue(a[0]),
        "eq" => TemplateComparison.EqualsAny(a),
        "ne" => Expect(name, a, 2) && !TemplateComparison.EqualsAny(a),
        "lt" => TemplateComparison.Compare(name, a) < 0,
        "le" => TemplateComparison.Compare(name, a) <= 0,
        "gt" => TemplateComparison.Compare(name, a) > 0,
        "ge" => TemplateComparison.Compare(name, a) >= 0,
        "index" when a.Count >= 1 => Index(a),
        "len" => Expect(name, a, 1) && a[0] is string text ? Encoding.UTF8.GetByteCount(text) : (long)List(name, a[0]).Count,
        "list" => a,
        "first" => Expect(name, a, 1) && List(name, a[0]) is [var first, ..] ? first : null,
        "last" => Expect(name, a, 1) && List(name, a[0]) is [.., var last] ? last : null,
        "join" => BoundedText.Join(Text(name, a, 2, 0), List(name, a[1])),
        "splitList" => Split(NotEmpty(name, Text(name, a, 2, 0)), Text(name, a, 2, 1)),
        "print" => BoundedText.Join("", a),
        "int" or "atoi" => Expect(name, a, 1) ? Integer(a[0]) : null,
        "add" => Number(name, a, 2, 0) + Number(name, a, 2, 1),
        "sub" => Number(name, a, 2, 0) - Number(name, a, 2, 1),
        "empty" => Expect(name, a, 1) && !IsTrue(a[0]),
        "default" => Expect(name, a, 2) && !IsTrue(a[1]) ? a[0] : a[1],
        "coalesce" => a.Find(IsTrue),
        "ternary" => Expect(name, a, 3) && a[2] is bool flag ? flag ? a[0] : a[1] : throw new TemplateException("ternary: its condition is not true or false"),
        "required" => Expect(name, a, 2) && a[1] is null or "" ? throw new TemplateException(Template.Print(a[0])) : a[1],
        "lower" => Text(name, a, 1, 0).ToLowerInvariant(),
        "upper" => Text(name, a, 1, 0).ToUpperInvariant(),
        "trim" => Text(name, a, 1, 0).Trim(),
        "trimPrefix" => Text(name, a, 2, 1) is var text && text.StartsWith(Text(name, a, 2, 0), StringComparison.Ordinal) ? text[((string)a[0]!).Length..] : text,
        "trimSuffix" => Text(name, a, 2, 1) is var text && text.EndsWith(Text(name, a, 2, 0), StringComparison.Ordinal) ? text[..^((string)a[0]!).Length] : text,
        "contains" => Text(name, a, 2, 1).Contains(Text(name, a, 2, 0), StringComparison.Ordinal),
        "hasPrefix" => Text(name, a, 2, 1).StartsWith(Text(name, a, 2, 0), StringComparison.Ordinal),
        "hasSuffix" => Text(name, a, 2, 1).EndsWith(Text(name, a, 2, 0), StringComparison.Ordinal),
        "trunc" => Trunc(Number(name, a, 2, 0), Text(name, a, 2, 1)),
        "replace" => BoundedText.Replace(Text(name, a, 3, 2), NotEmpty(name, Text(name, a, 3, 0)), Text(name, a, 3, 1)),
        "indent" => Indent(Number(name, a, 2, 0), Text(name, a, 2, 1)),
        "nindent" => "\n" + Indent(Number(name, a, 2, 0), Text(name, a, 2, 1)),
        "quote" => Expect(name, a, 1) && a[0] is null ? "" : Quote(Template.Print(a[0])),
        "squote" => Expect(name, a, 1) && a[0] is null ? "" : $"'{Template.Print(a[0])}'",
        "b64enc" => Convert.ToBase64String(Encoding.UTF8.GetBytes(Text(name, a, 1, 0))),
        "sha256sum" => Convert.ToHexStringLower(Sha256.Hash(Encoding.UTF8.GetBytes(Text(name, a, 1, 0)))),
        _ => throw new TemplateException($"'{name}' is not a function known here"),
    };

    private static bool Expect(string name, List<object?> arguments, int count) =>
        arguments.Count == count ? true : throw new TemplateException($"{name}: {arguments.Count} arguments in place of {count}");

    private static string Text(string name, List<object?> arguments, int count, int index)
    {
        Expect(name, arguments, count);
        return arguments[index] as string ?? throw new TemplateException($"{name}: argument {index + 1} is not a text, or has no value here");
    }

    private static long Number(string name, List<object?> arguments, int count, int index)
    {
        Expect(name, arguments, count);
        return arguments[index] is long number ? number : throw new TemplateException($"{name}: argument {index + 1} is not a number");
    }

    private static IReadOnlyList<object?> List(string name, object? value) =>
        value as IReadOnlyList<object?> ?? throw new TemplateException($"{name}: its argument is not a list, or has no value here");

    private static string NotEmpty(string name, string text) => text.Length > 0 ? text : throw new TemplateException($"{name}: nothing to look for");

    /// <summary>Nothing, zero, false and what is empty are not.</summary>
    internal static bool IsTrue(object? value) => value is not (null or "" or 0L or false or IReadOnlyList<object?> { Count: 0 });

    /// <summary>0 for what is no number.</summary>
    private static object Integer(object? value) => value is long number ? number : value is string text && long.TryParse(text, out var parsed) ? parsed : 0L;

    private static List<object?> Split(string separator, string text)
    {
        var list = new List<object?>();
        foreach (var part in text.Split(separator)) list.Add(part);
        return list;
    }

    /// <summary>The first n characters, or the last n for a negative n.</summary>
    private static string Trunc(long n, string text)
    {
        if (n >= 0) return n < text.Length ? text[..(int)n] : text;
        return -n < text.Length && n != long.MinValue ? text[^(int)-n..] : text;
    }

    private static string Indent(long n, string text)
    {
        const int Widest = 1000;
        if (n is < 0 or > Widest) throw new TemplateException($"indent: {n} is not a number from 0 to {Widest}");
        var blanks = new string(' ', (int)n);
        return blanks + BoundedText.Replace(text, "\n", "\n" + blanks);
    }

    private static object? Index(List<object?> arguments)
    {
        var value = arguments[0];
        for (var i = 1; i < arguments.Count; i++)
        {
            value = (value, arguments[i]) switch
            {
                (IReadOnlyList<object?> list, long at) when at >= 0 && at < list.Count => list[(int)at],
                (IReadOnlyList<object?> list, long at) => throw new TemplateException($"index {at} of a list of {list.Count}"),
                (TemplateFields fields, string name) => fields[name],
                _ => throw new TemplateException("index of something that has no elements here"),
            };
        }
        return value;
    }

    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
            quoted.Append(c switch { '"' => "\\\"", '\\' => "\\\\", '\n' => "\\n", '\t' => "\\t", '\r' => "\\r", _ => c.ToString() });
        return quoted.Append('"').ToString();
    }
}
