using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// Name of an extended attribute, xattr(7): one of the four namespaces, a dot, and text in UTF-8 without control characters, at most 255
/// bytes (XATTR_NAME_MAX).
/// </summary>
public sealed record XattrName
{
    private const int MaxBytes = 255;
    private static readonly string[] Namespaces = ["user.", "trusted.", "security.", "system."];

    private XattrName(string text) => Text = text;

    public string Text { get; }

    /// <summary>Null: not such a name.</summary>
    public static XattrName? TryParse(string text)
    {
        if (Encoding.UTF8.GetByteCount(text) > MaxBytes) return null;
        foreach (var c in text)
            if (char.IsControl(c)) return null;
        if (text.EnumerateRunes().Any(rune => rune == Rune.ReplacementChar)) return null; // a lone surrogate, too
        return Array.Exists(Namespaces, prefix => text.Length > prefix.Length && text.StartsWith(prefix, StringComparison.Ordinal))
            ? new XattrName(text) : null;
    }

    /// <param name="text">The name.</param>
    /// <param name="place">The file that has it.</param>
    /// <exception cref="OperatorException">Not such a name.</exception>
    public static XattrName Parse(string text, string place) => TryParse(text) ?? throw new OperatorException(
        $"{ToolText.Show(place)}: '{ToolText.Show(text)}' is not the name of an extended attribute: user., trusted., security. or " +
        $"system. and text without control characters, at most {MaxBytes} bytes",
        "remove the attribute: setfattr -x NAME FILE");

    public override string ToString() => Text;
}
