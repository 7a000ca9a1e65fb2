namespace KairosBoot.Plan;

/// <summary>
/// Attaches an image to a free loop device and mounts it. One step, because the number of the loop device is nobody else's business.
/// The superblock inside decides the type, never the file's name.
/// </summary>
public sealed record MountImage(StepClass Class, string Image, string Target, bool ReadOnly) : Step(Class)
{
    public override string Command => $"mount -o loop,{(ReadOnly ? "ro" : "rw")} {ShellText.Quote(Image)} {ShellText.Quote(Target)}";

    public override PlannedMount Mount => new(null, Target, null, ReadOnly ? "ro" : "rw");
}
