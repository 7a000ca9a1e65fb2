namespace KairosBoot.Plan;

/// <summary>A file with this content, mode 0644; its directory is made where missing.</summary>
public sealed record WriteFile(StepClass Class, string Path, string Content) : Step(Class)
{
    public override string Command => Content.Contains('\n')
        ? $"cat > {ShellText.Quote(Path)} <<'EOF'\n{Content}EOF"
        : $"printf %s {ShellText.Quote(Content)} > {ShellText.Quote(Path)}";
}
