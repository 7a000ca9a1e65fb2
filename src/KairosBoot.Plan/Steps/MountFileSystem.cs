namespace KairosBoot.Plan;

/// <summary>A file system on a device, or one of the kernel's own. The mount point is made where it is missing.</summary>
/// <param name="Class">What a failure means.</param>
/// <param name="Source">Device node, or the conventional name of a kernel file system.</param>
/// <param name="Target">Mount point as the initrd sees it.</param>
/// <param name="Type">For mount(2).</param>
/// <param name="Options">Comma separated: flags and data mixed, as for mount(8).</param>
/// <param name="FstabSource">Name for fstab where the node is not stable; null: <paramref name="Source"/>.</param>
public sealed record MountFileSystem(StepClass Class, string Source, string Target, string Type, string Options, string? FstabSource = null)
    : Step(Class)
{
    public override string Command => $"mount -t {Type} -o {Options} {ShellText.Quote(Source)} {ShellText.Quote(Target)}";

    public override PlannedMount Mount => new(FstabSource ?? Source, Target, Type, Options) { Source = Source };
}
