namespace KairosBoot.Plan;

/// <summary>Mounts a file system on a device, or one of the kernel's own. Creates the mount point if it is missing.</summary>
/// <param name="Class">What a failure means for the boot.</param>
/// <param name="Source">Device node, or the conventional name of a kernel file system.</param>
/// <param name="Target">Mount point in the initrd.</param>
/// <param name="Type">File-system type for mount(2).</param>
/// <param name="Options">Comma separated, flags and data together, as for mount(8).</param>
/// <param name="FstabSource">The name for fstab if the node is not stable; null: <paramref name="Source"/>.</param>
public sealed record MountFileSystem(StepClass Class, string Source, string Target, string Type, string Options, string? FstabSource = null)
    : Step(Class)
{
    public override string Place => Source.StartsWith('/') ? Source : Target;

    public override string Command =>
        AtMountPoint(Target) + $"mount -t {Type} -o {Options} {ShellText.Quote(Source)} {ShellText.Quote(Target)}";

    public override PlannedMount Mount => new(FstabSource ?? Source, Target, Type, Options) { Source = Source };
}
