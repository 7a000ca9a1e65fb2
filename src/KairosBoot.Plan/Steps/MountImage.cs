namespace KairosBoot.Plan;

/// <summary>
/// Attaches an image to a free loop device and mounts it. One step, because the number of the loop device is nobody else's business.
/// The superblock inside decides the type, never the file's name.
/// </summary>
/// <param name="Class">What a failure means.</param>
/// <param name="Image">The file.</param>
/// <param name="Target">Mount point as the initrd sees it.</param>
/// <param name="ReadOnly">Both the loop device and the mount.</param>
/// <param name="Otherwise">The file to take where there is no <paramref name="Image"/>.</param>
public sealed record MountImage(StepClass Class, string Image, string Target, bool ReadOnly, string? Otherwise = null) : Step(Class)
{
    public override string Command => CommandFor(Image) + (Otherwise is null ? "" : " || " + CommandFor(Otherwise));

    private string CommandFor(string image) => $"mount -o loop,{(ReadOnly ? "ro" : "rw")} {ShellText.Quote(image)} {ShellText.Quote(Target)}";

    public override PlannedMount Mount => new(null, Target, null, ReadOnly ? "ro" : "rw");
}
