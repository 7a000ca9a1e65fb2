using System.Text;

namespace KairosBoot.CloudConfig;

/// <summary>
/// The part of Go's text/template that configs use: field paths, pipes, parentheses, literals, variables, comments, trim markers,
/// <c>if else with range</c>, and functions of it and of sprig. Time and memory are bounded.
/// </summary>
internal sealed class Template
{
    // As long as a config may be.
    private const int MaxOutputLength = 4 * 1024 * 1024;

    private readonly TemplateParts parts;
    private readonly TemplateScope scope;
    // Null: only the length is of interest.
    private readonly StringBuilder? output;
    private int length;
    private bool hasMissingValue;

    private Template(string text, TemplateFields fields, StringBuilder? output) =>
        (parts, scope, this.output) = (TemplateParts.Of(text), new TemplateScope(fields), output);

    internal static bool IsTemplate(string text) => text.Contains("{{", StringComparison.Ordinal);

    /// <summary>Throws <see cref="TemplateException"/>.</summary>
    internal static string Render(string text, TemplateFields fields)
    {
        var output = new StringBuilder();
        var template = new Template(text, fields, output);
        template.Run(0, template.parts.Count);
        return output.ToString();
    }

    /// <summary>As <see cref="Render"/>, without the text. True: it has a value that the fields do not have.</summary>
    internal static bool HasMissingValue(string text, TemplateFields fields)
    {
        var template = new Template(text, fields, output: null);
        template.Run(0, template.parts.Count);
        return template.hasMissingValue;
    }

    private void Run(int from, int to)
    {
        for (var i = from; i < to;)
        {
            var part = parts[i];
            if (part.Kind == TemplatePartKind.Text)
            {
                Write(parts.TextOf(part));
            }
            else if (part.Kind == TemplatePartKind.Value)
            {
                var (names, value) = TemplateExpression.Evaluate(part.Text, scope);
                if (names is null) WriteValue(Print(value));
            }
            i = part.Kind is TemplatePartKind.Text or TemplatePartKind.Value ? i + 1 : Block(i);
        }
    }

    private void WriteValue(string text)
    {
        hasMissingValue |= text.Contains(Print(null), StringComparison.Ordinal);
        Write(text);
    }

    private void Write(ReadOnlySpan<char> text)
    {
        length += text.Length;
        if (length > MaxOutputLength) throw new TemplateException($"longer than {MaxOutputLength} characters when filled in");
        output?.Append(text);
    }

    /// <summary>Runs a block and returns the position after its end.</summary>
    private int Block(int start)
    {
        var known = scope.Count;
        var dot = scope.Dot;
        for (var at = start; parts[at].Kind != TemplatePartKind.End; at = parts[at].Next)
        {
            var part = parts[at];
            var inside = at + 1;
            if (part.Kind == TemplatePartKind.Range)
            {
                if (!Range(part.Text, inside, part.Next)) continue;
            }
            else if (part.Text.Length > 0)
            {
                var (_, value) = TemplateExpression.Evaluate(part.Text, scope);
                if (!TemplateFunctions.IsTrue(value)) continue;
                if (part.Kind == TemplatePartKind.With) scope.Dot = value;
                Run(inside, part.Next);
            }
            else
            {
                Run(inside, part.Next); // a bare else
            }

            break;
        }
        scope.Dot = dot;
        scope.Forget(known);
        return parts.EndOf(start) + 1;
    }

    /// <summary>False: the list is empty.</summary>
    private bool Range(string expression, int from, int to)
    {
        var known = scope.Count;
        var (names, value) = TemplateExpression.Evaluate(expression, scope, declare: false);
        if (value is not (null or IReadOnlyList<object?>)) throw new TemplateException("range of a value that is not a list");
        var list = value as IReadOnlyList<object?> ?? [];
        for (var i = 0; i < list.Count; i++)
        {
            scope.Spend(1);
            if (names is [var index, _]) scope.Declare(index, (long)i);
            if (names is [.., var element]) scope.Declare(element, list[i]);
            scope.Dot = list[i];
            Run(from, to);
            scope.Forget(known);
        }
        return list.Count > 0;
    }

    internal static string Print(object? value) => value switch
    {
        null => "<no value>",
        string text => text,
        long number => number.ToString(),
        bool flag => flag ? "true" : "false",
        IReadOnlyList<object?> list when !HoldsList(list) => $"[{BoundedText.Join(" ", list)}]",
        _ => throw new TemplateException("a group of values has no text form"),
    };

    private static bool HoldsList(IReadOnlyList<object?> list)
    {
        foreach (var item in list)
            if (item is IReadOnlyList<object?>) return true;
        return false;
    }
}
