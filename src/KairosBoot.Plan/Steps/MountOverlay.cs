namespace KairosBoot.Plan;

/// <summary>
/// Mounts a writable overlay over a directory of the image. Creates the upper and the work directory in <paramref name="Store"/>. The upper
/// directory gets mode, owner and extended attributes of the lower one, so that the mount point looks like the directory in the image.
/// </summary>
/// <param name="Class">What a failure means for the boot.</param>
/// <param name="Target">The directory, which is also the lower layer.</param>
/// <param name="Store">Directory that holds <c>upper</c> and <c>work</c>, outside the new root or on a volume in it.</param>
/// <param name="FstabStore">The same directory in the running system.</param>
/// <param name="Keeps">True: the content of the store stays from boot to boot. False: content of an earlier boot is deleted first.</param>
public sealed record MountOverlay(StepClass Class, string Target, string Store, string FstabStore, bool Keeps) : Step(Class)
{
    public string Upper => Store + "/upper";
    public string Work => Store + "/work";

    /// <summary>Options from <see cref="PathOptions"/>. The mount of the store has its own: an overlay does not inherit them.</summary>
    public string Options { get; init; } = "";

    // xino and index keep the kernel's defaults: these differ between kernels, and none of them changes what the system sees.
    public string Data => $"lowerdir={Target},upperdir={Upper},workdir={Work}";

    public override string Place => Store;

    public override string Command
    {
        get
        {
            var (target, upper) = (ShellText.Quote(Target), ShellText.Quote(Upper));
            // A kept upper directory has the mode and owner that the running system gave to the mount point.
            return (Keeps ? "" : $"rm -rf {ShellText.Quote(Store)}; ") +
                $"mkdir -p {ShellText.Quote(Work)}; " +
                $"[ -d {upper} ] || {{ mkdir {upper}; chown --reference={target} {upper}; chmod --reference={target} {upper}; }}; " +
                $"mount -t overlay -o {ShellText.Quote(Options.Length == 0 ? Data : Options + "," + Data)} overlay {target}" +
                " # a new upper directory also gets the extended attributes";
        }
    }

    public override PlannedMount Mount
    {
        get
        {
            var inNewRoot = Target[SystemPaths.Sysroot.Length..];
            var options = $"{PathOptions.Join("rw", Options)},lowerdir={inNewRoot},upperdir={FstabStore}/upper,workdir={FstabStore}/work";
            return new("overlay", Target, "overlay", options)
            { Source = "overlay", Layers = Data };
        }
    }
}
