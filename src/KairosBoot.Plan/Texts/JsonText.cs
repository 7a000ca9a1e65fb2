using System.Globalization;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// Writes JSON, RFC 8259, indented by two spaces. It is small because it is part of PID 1, where a serialiser would be larger than the
/// report.
/// </summary>
public sealed class JsonText
{
    private readonly StringBuilder text = new();
    private int depth;
    private bool first = true;

    public JsonText Object(string? name, Action<JsonText> members) => Nest(name, '{', '}', members);

    public JsonText Array(string? name, Action<JsonText> items) => Nest(name, '[', ']', items);

    /// <summary>A null value is written as null.</summary>
    public JsonText String(string? name, string? value)
    {
        Start(name);
        if (value is null) text.Append("null");
        else Quote(value);
        return this;
    }

    public JsonText Number(string? name, long? value)
    {
        Start(name);
        text.Append(value is { } number ? number.ToString(CultureInfo.InvariantCulture) : "null");
        return this;
    }

    public override string ToString()
    {
        var all = text.Append('\n').ToString();
        text.Length--;
        return all;
    }

    private JsonText Nest(string? name, char open, char close, Action<JsonText> content)
    {
        Start(name);
        text.Append(open);
        depth++;
        first = true;
        content(this);
        depth--;
        if (!first) Line();
        first = false;
        text.Append(close);
        return this;
    }

    private void Start(string? name)
    {
        if (depth > 0)
        {
            if (!first) text.Append(',');
            Line();
        }
        first = false;
        if (name is null) return;
        Quote(name);
        text.Append(": ");
    }

    private void Line()
    {
        const string Start = "\n                ";
        if (depth * 2 < Start.Length) text.Append(Start, 0, 1 + depth * 2);
        else text.Append('\n').Append(' ', depth * 2);
    }

    private void Quote(string value)
    {
        text.Append('"');
        var plainFrom = 0;
        // Most of a report is plain text, which is copied in runs.
        var isPlain = PrintableText.PlainLength(value) == value.Length && value.AsSpan().IndexOfAny('"', '\\') < 0;
        for (var i = isPlain ? value.Length : 0; i < value.Length; i++)
        {
            if (value[i] is >= ' ' and <= '~' and not ('"' or '\\')) continue;
            text.Append(value, plainFrom, i - plainFrom);
            Escape(value[i]);
            plainFrom = i + 1;
        }
        text.Append(value, plainFrom, value.Length - plainFrom);
        text.Append('"');
    }

    private void Escape(char c)
    {
        switch (c)
        {
            case '"': text.Append("\\\""); break;
            case '\\': text.Append(@"\\"); break;
            case '\n': text.Append(@"\n"); break;
            case '\t': text.Append(@"\t"); break;
            case var _ when PrintableText.MustEscape(c): text.Append(@"\u").Append(((int)c).ToString("x4")); break;
            default: text.Append(c); break;
        }
    }
}
