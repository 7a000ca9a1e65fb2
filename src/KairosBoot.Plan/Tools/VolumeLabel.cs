namespace KairosBoot.Plan;

/// <summary>
/// Label of a file system that KairosBoot makes: printable ASCII without blanks and slashes, at most 16 (ext4's s_volume_name).
/// </summary>
public sealed record VolumeLabel
{
    public const int MaxLength = 16;

    private VolumeLabel(string text) => Text = text;

    public string Text { get; }

    /// <summary>Null: not such a label.</summary>
    public static VolumeLabel? TryParse(string text) =>
        text.Length is 0 or > MaxLength || text.AsSpan().ContainsAnyExceptInRange('!', '~') || text.Contains('/') ? null
            : new VolumeLabel(text);

    /// <exception cref="OperatorException">Not such a label.</exception>
    public static VolumeLabel Parse(string text) => TryParse(text) ?? throw new OperatorException(
        $"'{ToolText.Show(text)}' is not a label: 1 to {MaxLength} printable characters of ASCII, without blanks and slashes",
            "choose another label");

    public override string ToString() => Text;
}
