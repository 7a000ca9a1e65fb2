namespace KairosBoot.Plan;

/// <summary>A directory and its missing parents, mode 0755.</summary>
public sealed record MakeDirectory(StepClass Class, string Path) : Step(Class)
{
    public override string Command => "mkdir -p " + ShellText.Quote(Path);
}
