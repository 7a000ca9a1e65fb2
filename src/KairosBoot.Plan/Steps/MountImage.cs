namespace KairosBoot.Plan;

/// <summary>
/// Attaches an image to a free loop device and mounts it. This is one step, because no other step needs the number of the loop device. The
/// superblock decides the file-system type, not the name of the file.
/// </summary>
/// <param name="Class">What a failure means for the boot.</param>
/// <param name="Image">The image file.</param>
/// <param name="Target">Mount point in the initrd.</param>
/// <param name="ReadOnly">For both the loop device and the mount.</param>
/// <param name="Otherwise">The file to use if <paramref name="Image"/> does not exist.</param>
public sealed record MountImage(StepClass Class, string Image, string Target, bool ReadOnly, string? Otherwise = null) : Step(Class)
{
    public override string Place => Image;

    public override string Command => MountFirst(ReadOnly ? "-o loop,ro" : "-o loop,rw", "-e", Image, Otherwise, Target);

    public override PlannedMount Mount => new(null, Target, null, ReadOnly ? "ro" : "rw");
}
