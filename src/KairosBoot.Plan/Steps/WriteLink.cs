namespace KairosBoot.Plan;

/// <summary>Creates a symbolic link, or replaces one. Creates its directory if it is missing.</summary>
/// <param name="Class">What a failure means for the boot.</param>
/// <param name="Path">The link.</param>
/// <param name="Target">The text of the link.</param>
public sealed record WriteLink(StepClass Class, string Path, string Target) : Step(Class)
{
    public override string Place => Path;

    public override string Command =>
        AtMountPoint(PathParts.ParentOf(Path)) + $"ln -sfn {ShellText.Quote(Target)} {ShellText.Quote(Path)}";
}
