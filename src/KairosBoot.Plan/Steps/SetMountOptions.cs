namespace KairosBoot.Plan;

/// <summary>Changes the options of a mount that was made before the layout was read. The mount and open files stay.</summary>
/// <param name="Class">What a failure means for the boot.</param>
/// <param name="Target">Mount point in the initrd.</param>
/// <param name="Options">All options from <see cref="PathOptions"/> that it must have.</param>
public sealed record SetMountOptions(StepClass Class, string Target, string Options) : Step(Class)
{
    public override string Place => Target;

    public override string Command => $"mount -o remount,bind,{PathOptions.CommandWords(Options)} {ShellText.Quote(Target)}";
}
