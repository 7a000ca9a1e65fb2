namespace KairosBoot.CloudConfig;

internal enum TemplatePartKind { Text, Value, If, With, Range, Else, End }

/// <summary>A part of a template.</summary>
internal sealed class TemplatePart(TemplatePartKind kind, string text)
{
    internal TemplatePartKind Kind { get; } = kind;

    /// <summary>The expression of an action; empty for a text and a plain <c>else</c>.</summary>
    internal string Text { get; } = text;

    /// <summary>For a text: where it is in the template.</summary>
    internal int Start { get; init; }

    /// <inheritdoc cref="Start"/>
    internal int Length { get; init; }

    /// <summary>For an action that starts a block or a branch: the number of the next <c>else</c> or <c>end</c>.</summary>
    internal int Next { get; set; }
}

/// <summary>The parts of a template: texts, actions, and the ends of blocks.</summary>
internal sealed class TemplateParts
{
    private const int MaxNested = 50;

    private readonly List<TemplatePart> parts = [];
    private readonly List<int> open = [];

    private readonly string template;

    private TemplateParts(string template) => this.template = template;

    internal int Count => parts.Count;

    internal TemplatePart this[int number] => parts[number];

    internal ReadOnlySpan<char> TextOf(TemplatePart part) => template.AsSpan(part.Start, part.Length);

    internal int EndOf(int number)
    {
        while (parts[number].Kind != TemplatePartKind.End) number = parts[number].Next;
        return number;
    }

    /// <summary>Throws <see cref="TemplateException"/> for an open block or action.</summary>
    internal static TemplateParts Of(string text)
    {
        var template = new TemplateParts(text);
        var from = 0;
        while (text.IndexOf("{{", from, StringComparison.Ordinal) is var start and >= 0)
        {
            var close = CloseOf(text, start + 2);
            var action = text.AsSpan(start + 2, close - start - 2);
            var trimLeft = action.Length > 1 && action[0] == '-' && char.IsWhiteSpace(action[1]);
            var trimRight = action.Length > 1 && action[^1] == '-' && char.IsWhiteSpace(action[^2]);
            template.AddText(from, trimLeft ? from + text.AsSpan(from, start - from).TrimEnd().Length : start);
            template.Add(action[(trimLeft ? 1 : 0)..^(trimRight ? 1 : 0)].Trim());
            from = close + 2;
            while (trimRight && from < text.Length && char.IsWhiteSpace(text[from])) from++;
        }
        template.AddText(from, text.Length);
        return template.open.Count == 0 ? template : throw new TemplateException("a block has no end");
    }

    /// <summary>The end of the action. Braces inside its strings do not end it.</summary>
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

    private void AddText(int start, int end)
    {
        if (end > start) parts.Add(new TemplatePart(TemplatePartKind.Text, "") { Start = start, Length = end - start });
    }

    private void Add(ReadOnlySpan<char> action)
    {
        if (action.StartsWith("/*")) return;
        var length = 0;
        while (length < action.Length && char.IsAsciiLetter(action[length])) length++;
        var rest = action[length..].Trim().ToString();
        switch (action[..length])
        {
            case "if": Open(TemplatePartKind.If, Needed(rest)); break;
            case "with": Open(TemplatePartKind.With, Needed(rest)); break;
            case "range": Open(TemplatePartKind.Range, Needed(rest)); break;
            case "else": Else(rest); break;
            case "end":
                if (rest.Length > 0) throw new TemplateException("unexpected text after end");
                Close(TemplatePartKind.End, "");
                break;
            default: parts.Add(new TemplatePart(TemplatePartKind.Value, action.ToString())); break;
        }
    }

    private static string Needed(string expression) =>
        expression.Length > 0 ? expression : throw new TemplateException("a value is missing");

    private void Open(TemplatePartKind kind, string expression)
    {
        if (open.Count == MaxNested) throw new TemplateException("nested too deeply");
        open.Add(parts.Count);
        parts.Add(new TemplatePart(kind, expression));
    }

    private void Else(string rest)
    {
        if (open.Count > 0 && parts[open[^1]] is { Kind: TemplatePartKind.Else, Text: "" })
            throw new TemplateException("another else after the last else");
        if (rest.Length > 0 && !rest.StartsWith("if ", StringComparison.Ordinal)) throw new TemplateException("only if can follow else");
        Close(TemplatePartKind.Else, rest.Length == 0 ? "" : Needed(rest[3..].Trim()));
        open.Add(parts.Count - 1);
    }

    private void Close(TemplatePartKind kind, string expression)
    {
        if (open.Count == 0) throw new TemplateException("else or end without if, with or range");
        parts[open[^1]].Next = parts.Count;
        open.RemoveAt(open.Count - 1);
        parts.Add(new TemplatePart(kind, expression));
    }
}
