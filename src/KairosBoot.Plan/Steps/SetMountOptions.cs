namespace KairosBoot.Plan;

/// <summary>Changes the options of a mount that was made before the layout was read. What is mounted stays; what is open stays open.</summary>
/// <param name="Class">What a failure means.</param>
/// <param name="Target">Mount point as the initrd sees it.</param>
/// <param name="Options">All of <see cref="PathOptions"/> that it is to have.</param>
public sealed record SetMountOptions(StepClass Class, string Target, string Options) : Step(Class)
{
    public override string Command => $"mount -o remount,bind,{PathOptions.CommandWords(Options)} {ShellText.Quote(Target)}";
}
