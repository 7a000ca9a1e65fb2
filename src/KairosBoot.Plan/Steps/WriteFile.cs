namespace KairosBoot.Plan;

/// <summary>Writes a file with this content. Creates its directory if it is missing.</summary>
public sealed record WriteFile(StepClass Class, string Path, string Content) : Step(Class)
{
    private const int ReadableByAll = Octal.O644;

    /// <summary>Permission bits.</summary>
    public int Mode { get; init; } = ReadableByAll;

    public override string Command => Mode != ReadableByAll
        ? $"install -m {Convert.ToString(Mode, 8)} /dev/stdin {ShellText.Quote(Path)} <<'EOF'\n{Content}EOF"
        : Content.Contains('\n')
        ? $"cat > {ShellText.Quote(Path)} <<'EOF'\n{Content}EOF"
        : $"printf %s {ShellText.Quote(Content)} > {ShellText.Quote(Path)}";
}
