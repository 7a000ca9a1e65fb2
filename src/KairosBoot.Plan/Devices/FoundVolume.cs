namespace KairosBoot.Plan;

/// <summary>A volume of the layout and the device found for it; null where there is none.</summary>
public sealed class FoundVolume(VolumeRequest request, BlockDevice? device)
{
    public VolumeRequest Request => request;
    public BlockDevice? Device => device;
    public VolumePolicy Policy { get; init; } = VolumePolicy.Default;
    public FileSystemChecks Checks { get; init; } = FileSystemChecks.Default;

    /// <summary>The step that puts it, or what stands in for it, at its path; null where there is nothing to put there.</summary>
    /// <param name="stepClass">What a failure means.</param>
    public Step? MountStep(StepClass stepClass)
    {
        var target = SystemPaths.Sysroot + Request.Path;
        if (Device is not null) return new MountVolume(stepClass, Device, target, Policy, Checks) { Flags = Request.Options };
        return Policy.Missing == MissingVolume.Tmpfs ? new MountFileSystem(stepClass, "tmpfs", target, "tmpfs", Policy.TmpfsOptions(Request.Options)) : null;
    }
}
