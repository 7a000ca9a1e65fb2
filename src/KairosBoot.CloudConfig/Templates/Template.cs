using System.Text;

namespace KairosBoot.CloudConfig;

/// <summary>
/// The part of Go's text/template that configs use: field paths, <c>index trunc lower upper default required quote</c>, pipes,
/// parentheses, literals, comments and trim markers. No control structures: nobody was found to use them, and a failed template
/// keeps its text.
/// </summary>
internal static class Template
{
    internal static bool IsTemplate(string text) => text.Contains("{{", StringComparison.Ordinal);

    /// <summary>Throws <see cref="TemplateException"/>.</summary>
    internal static string Render(string text, TemplateFields fields)
    {
        var rendered = new StringBuilder(text.Length);
        var from = 0;
        while (text.IndexOf("{{", from, StringComparison.Ordinal) is var open and >= 0)
        {
            var close = CloseOf(text, open + 2);
            var action = text.AsSpan(open + 2, close - open - 2);
            var before = text.AsSpan(from, open - from);
            var trimLeft = action.Length > 1 && action[0] == '-' && char.IsWhiteSpace(action[1]);
            var trimRight = action.Length > 1 && action[^1] == '-' && char.IsWhiteSpace(action[^2]);
            rendered.Append(trimLeft ? before.TrimEnd() : before);
            var expression = action[(trimLeft ? 1 : 0)..^(trimRight ? 1 : 0)].Trim();
            if (!expression.StartsWith("/*")) rendered.Append(Print(TemplateExpression.Evaluate(expression.ToString(), fields)));
            from = close + 2;
            while (trimRight && from < text.Length && char.IsWhiteSpace(text[from])) from++;
        }
        return rendered.Append(text, from, text.Length - from).ToString();
    }

    /// <summary>Where the action ends: braces inside its strings do not end it.</summary>
    private static int CloseOf(string text, int from)
    {
        var quote = '\0';
        for (var i = from; i + 1 < text.Length; i++)
        {
            if (quote != 0 && text[i] == '\\' && quote == '"') i++;
            else if (quote != 0) quote = text[i] == quote ? '\0' : quote;
            else if (text[i] is '"' or '`') quote = text[i];
            else if (text[i] == '}' && text[i + 1] == '}') return i;
        }
        throw new TemplateException("{{ is not closed");
    }

    internal static string Print(object? value) => value switch
    {
        null => "<no value>",
        string text => text,
        long number => number.ToString(),
        bool flag => flag ? "true" : "false",
        _ => throw new TemplateException("a list or group of values cannot be written as text"),
    };
}
