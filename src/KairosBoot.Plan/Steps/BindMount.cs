namespace KairosBoot.Plan;

/// <summary>Shows a directory at a second place too, without the mounts below it, if a file exists.</summary>
/// <param name="Class">What a failure means for the boot.</param>
/// <param name="Source">The directory.</param>
/// <param name="Target">Mount point; created if it is missing.</param>
/// <param name="Condition">A path; nothing is mounted if it does not exist.</param>
public sealed record BindMount(StepClass Class, string Source, string Target, string Condition) : Step(Class)
{
    public override string Place => Target;

    public override string Command => $"if [ -e {ShellText.Quote(Condition)} ]; then {AtMountPoint(Target)}" +
        $"mount --bind {ShellText.Quote(Source)} {ShellText.Quote(Target)}; fi";
}
