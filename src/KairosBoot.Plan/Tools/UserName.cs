namespace KairosBoot.Plan;

/// <summary>
/// Name of a user or group, passwd(5): letters, digits and <c>_ . -</c>, optionally a final <c>$</c>, at most 32; it does not start with
/// <c>-</c>.
/// </summary>
public sealed record UserName
{
    private const int MaxLength = 32;

    private UserName(string text) => Text = text;

    public string Text { get; }

    /// <summary>Null: not such a name.</summary>
    public static UserName? TryParse(string text)
    {
        var body = text.EndsWith('$') ? text.AsSpan(0, text.Length - 1) : text;
        if (text.Length > MaxLength || body is [] or ['-', ..] or "." or "..") return null;
        foreach (var c in body)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '-')) return null;
        return new UserName(text);
    }

    /// <exception cref="OperatorException">Not such a name.</exception>
    public static UserName Parse(string text) => TryParse(text) ?? throw new OperatorException(
        $"'{ToolText.Show(text)}' is not the name of a user or group: at most {MaxLength} letters, digits and _ . -",
            "choose another name");

    public override string ToString() => Text;
}
