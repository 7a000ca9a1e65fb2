using System.Text;

namespace KairosBoot.CloudConfig;

/// <summary>Functions of a template that format, repeat, split and encode texts.</summary>
internal static class TemplateFormatting
{
    private const int MaxCount = 1000;

    internal static object? Call(string name, List<object?> a)
    {
        switch (name)
        {
            case "printf" when a.Count > 0: return Format(TemplateFunctions.Text(name, a, 0), a);
            case "println": return Joined(a);
            case "until": return Until(Bounded(name, a));
            case "repeat": return Repeat(TemplateFunctions.Text(name, a, 1), Bounded(name, a));
            case "splitList":
                return Split(TemplateFunctions.NotEmpty(name, TemplateFunctions.Text(name, a, 0)),
                TemplateFunctions.Text(name, a, 1));
            case "indent": return Indent(Bounded(name, a), TemplateFunctions.Text(name, a, 1));
            case "nindent": return "\n" + Indent(Bounded(name, a), TemplateFunctions.Text(name, a, 1));
            case "b64enc": return Convert.ToBase64String(Encoding.UTF8.GetBytes(TemplateFunctions.Text(name, a, 0)));
            case "b64dec": return Decode(TemplateFunctions.Text(name, a, 0));
            case "regexReplaceAll": return ReplaceAll(name, a);
            default: throw new TemplateException($"unknown function '{name}'");
        }
    }

    private static int Bounded(string name, List<object?> a) => TemplateFunctions.Number(name, a, 0) is >= 0 and <= MaxCount and var count
        ? (int)count : throw new TemplateException($"{name}: a number that is not between 0 and {MaxCount.ToString()}");

    /// <summary><c>%s</c>, <c>%v</c>, <c>%d</c>, <c>%q</c> and <c>%%</c>. Anything else is an error, because Go has many more.</summary>
    private static string Format(string format, List<object?> a)
    {
        var text = new BoundedText();
        var next = 1;
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                text.Append(format.AsSpan(i, 1));
                continue;
            }
            var verb = ++i < format.Length ? format[i] : ' ';
            if (verb == '%') text.Append("%");
            else if (next == a.Count) throw new TemplateException("printf: too few arguments");
            else if (verb == 'd' && a[next] is not long || verb is not ('s' or 'v' or 'd' or 'q'))
                throw new TemplateException($"printf: %{verb.ToString()} is not supported for argument {next.ToString()}");
            else text.Append(Printed(verb, a[next++]));
        }
        return next == a.Count ? text.ToString() : throw new TemplateException("printf: too many arguments");
    }

    private static string Printed(char verb, object? value) =>
        verb == 'q' ? TemplateFunctions.Quote(Template.Print(value)) : Template.Print(value);

    private static string Joined(List<object?> a) => BoundedText.Join(" ", a) + "\n";

    private static List<object?> Until(int count)
    {
        var numbers = new List<object?>(count);
        for (long i = 0; i < count; i++) numbers.Add(i);
        return numbers;
    }

    private static string Repeat(string text, int count)
    {
        var repeated = new BoundedText();
        for (var i = 0; i < count; i++) repeated.Append(text);
        return repeated.ToString();
    }

    private static List<object?> Split(string separator, string text) => [.. text.Split(separator)];

    private static string Indent(int count, string text)
    {
        var blanks = new string(' ', count);
        return blanks + BoundedText.Replace(text, "\n", "\n" + blanks);
    }

    private static string ReplaceAll(string name, List<object?> a)
    {
        var expression = TemplateFunctions.Text(name, a, 0);
        try { return PatternReplacement.ReplaceAll(expression, TemplateFunctions.Text(name, a, 1), TemplateFunctions.Text(name, a, 2)); }
        catch (FormatException e)
        {
            throw new TemplateException($"{name}: the pattern '{expression}' is invalid or not supported here: {e.Message}");
        }
    }

    private static string Decode(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length)
            : throw new TemplateException("b64dec: not valid base64");
    }
}
