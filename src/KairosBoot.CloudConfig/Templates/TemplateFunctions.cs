using System.Text;

namespace KairosBoot.CloudConfig;

/// <summary>Functions of a template, named and behaving as in sprig. The last argument may come out of a pipe.</summary>
internal static class TemplateFunctions
{
    internal static object? Call(string name, List<object?> a) => name switch
    {
        "index" when a.Count >= 1 => Index(a),
        "lower" => Text(name, a, 1, 0).ToLowerInvariant(),
        "upper" => Text(name, a, 1, 0).ToUpperInvariant(),
        "trim" => Text(name, a, 1, 0).Trim(),
        "trunc" => Trunc(Number(name, a, 2, 0), Text(name, a, 2, 1)),
        "default" => Expect(name, a, 2) && IsEmpty(a[1]) ? a[0] : a[1],
        "required" => Expect(name, a, 2) && a[1] is null or "" ? throw new TemplateException(Template.Print(a[0])) : a[1],
        "quote" => Expect(name, a, 1) && a[0] is null ? "" : Quote(Template.Print(a[0])),
        "squote" => Expect(name, a, 1) && a[0] is null ? "" : $"'{Template.Print(a[0])}'",
        "replace" => Text(name, a, 3, 2).Replace(NotEmpty(name, Text(name, a, 3, 0)), Text(name, a, 3, 1)),
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

    private static string NotEmpty(string name, string text) => text.Length > 0 ? text : throw new TemplateException($"{name}: nothing to look for");

    /// <summary>The first n characters, or the last n for a negative n.</summary>
    private static string Trunc(long n, string text)
    {
        if (n >= 0) return n < text.Length ? text[..(int)n] : text;
        return -n < text.Length && n != long.MinValue ? text[^(int)-n..] : text;
    }

    private static bool IsEmpty(object? value) => value is null or "" or 0L or false or IReadOnlyList<object?> { Count: 0 };

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
