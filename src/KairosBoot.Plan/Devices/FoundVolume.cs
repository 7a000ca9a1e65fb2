namespace KairosBoot.Plan;

/// <summary>A volume of the layout and its device; null: not found.</summary>
public sealed class FoundVolume(VolumeRequest request, BlockDevice? device)
{
    public VolumeRequest Request => request;
    public BlockDevice? Device => device;
    public VolumePolicy Policy { get; init; } = VolumePolicy.Default;
    public FileSystemChecks Checks { get; init; } = FileSystemChecks.Default;

    /// <summary>Why it cannot be mounted; null: it can, or its device may still appear.</summary>
    public OperatorException? Problem { get; init; }

    /// <summary>What the problem means for the boot.</summary>
    public StepClass ProblemClass => Policy.Missing == MissingVolume.Tmpfs ? StepClass.Degraded : request.Class;

    /// <summary>A part of its policy that has no effect on this machine; null: there is none.</summary>
    public string? Note { get; init; }

    /// <summary>The step that mounts it, or its replacement; null: there is nothing to mount.</summary>
    /// <param name="stepClass">What a failure means for the boot.</param>
    public Step? MountStep(StepClass stepClass)
    {
        var target = SystemPaths.Sysroot + Request.Path;
        if (Device is not null) return new MountVolume(stepClass, Device, target, Policy, Checks) { Flags = Request.Options };
        return Policy.Missing == MissingVolume.Tmpfs
            ? new MountFileSystem(stepClass, "tmpfs", target, "tmpfs", Policy.TmpfsOptions(Request.Options)) : null;
    }
}
