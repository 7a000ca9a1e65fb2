using System.Text;

namespace KairosBoot.CloudConfig;

/// <summary>A bounded text for template functions. In a loop, some functions double their text in each iteration.</summary>
internal sealed class BoundedText
{
    /// <summary>In characters. Values of a machine have about a hundred.</summary>
    internal const int MaxLength = 64 * 1024;

    private readonly StringBuilder text = new();

    internal BoundedText Append(ReadOnlySpan<char> more)
    {
        if (text.Length + more.Length > MaxLength) throw new TemplateException($"a value longer than {MaxLength} characters");
        text.Append(more);
        return this;
    }

    public override string ToString() => text.ToString();

    internal static string Join(string separator, IReadOnlyList<object?> values)
    {
        var joined = new BoundedText();
        for (var i = 0; i < values.Count; i++) joined.Append(i > 0 ? separator : "").Append(Template.Print(values[i]));
        return joined.ToString();
    }

    internal static string Replace(string text, string old, string replacement)
    {
        var replaced = new BoundedText();
        var from = 0;
        while (text.IndexOf(old, from, StringComparison.Ordinal) is var at and >= 0)
        {
            replaced.Append(text.AsSpan(from, at - from)).Append(replacement);
            from = at + old.Length;
        }
        return replaced.Append(text.AsSpan(from)).ToString();
    }
}
