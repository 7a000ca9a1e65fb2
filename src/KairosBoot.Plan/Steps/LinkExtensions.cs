namespace KairosBoot.Plan;

/// <summary>
/// Links the system extension images of a directory to the place where systemd looks for them. An image that only root can replace and that
/// has a known file system or partition table is linked; each other one is reported.
/// </summary>
/// <param name="Class">What a failure means for the boot.</param>
/// <param name="From">A directory with files or links NAME.raw; it may be missing.</param>
/// <param name="To">Directory of the links; created if it is needed.</param>
public sealed record LinkExtensions(StepClass Class, string From, string To) : Step(Class)
{
    public const string Suffix = ".raw";

    public override string Place => From;

    public override string Command => $"for image in {ShellText.Quote(From)}/*{Suffix}; do if [ -e \"$image\" ]; then {AtMountPoint(To)}" +
        $"ln -sfn \"$(readlink -f \"$image\")\" {ShellText.Quote(To)}/; fi; done # an image that does not fit is left out";
}
