namespace KairosBoot.Plan;

/// <summary>
/// A writable layer over a directory of the image. Upper and work directory are made under <paramref name="Store"/>; the upper one gets
/// mode, owner and extended attributes of the lower one, so that the mount point looks as the image has it.
/// </summary>
/// <param name="Class">What a failure means.</param>
/// <param name="Target">The directory, which is its own lower layer.</param>
/// <param name="Store">Directory that holds <c>upper</c> and <c>work</c>, outside the new root or on a volume of it.</param>
/// <param name="FstabStore">The same as the running system will see it.</param>
/// <param name="Keeps">True: what is in the store already stays, from boot to boot. False: the layer is new, and what an earlier boot left goes.</param>
public sealed record MountOverlay(StepClass Class, string Target, string Store, string FstabStore, bool Keeps) : Step(Class)
{
    public string Upper => Store + "/upper";
    public string Work => Store + "/work";

    /// <summary>Of <see cref="PathOptions"/>. The mount of the store has its own: an overlay does not take them over.</summary>
    public string Options { get; init; } = "";

    // xino and index stay at the kernel's defaults: they differ by build and none of them changes what the system sees.
    public string Data => $"lowerdir={Target},upperdir={Upper},workdir={Work}";

    public override string Command =>
        (Keeps ? "" : $"rm -rf {ShellText.Quote(Store)}; ") +
        $"mkdir -p {ShellText.Quote(Store)}/{{upper,work}}; " +
        $"mount -t overlay -o {ShellText.Quote(Options.Length == 0 ? Data : Options + "," + Data)} overlay {ShellText.Quote(Target)}";

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
