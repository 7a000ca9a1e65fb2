namespace KairosBoot.Plan;

/// <summary>Writes a file with this content. Creates its directory if it is missing.</summary>
public sealed record WriteFile(StepClass Class, string Path, string Content) : Step(Class)
{
    private const int ReadableByAll = Octal.O644;

    /// <summary>Permission bits.</summary>
    public int Mode { get; init; } = ReadableByAll;

    public override string Place => Path;

    public override string Command =>
        IsHereDocument ? $"{Install} <<'EOF'\n{Content}EOF" : $"printf %s {ShellText.Quote(Content)} | {Install}";

    // The content may be a whole report.
    public override string Summary => IsHereDocument ? Install + " <<'EOF' ..." : base.Summary;

    private string Install => $"install -D -m {Convert.ToString(Mode, 8)} /dev/stdin {ShellText.Quote(Path)}";

    // A here-document ends with a newline, and at the first line with its end mark.
    private bool IsHereDocument => Content.EndsWith('\n') && !Content.StartsWith("EOF\n", StringComparison.Ordinal)
        && !Content.Contains("\nEOF\n", StringComparison.Ordinal);
}
