using KairosBoot.Linux;

namespace KairosBoot.Execution;

/// <summary>The image of the running system.</summary>
public static class RunningImage
{
    /// <summary>Path of the image file; null: / is not an image file, or the file cannot be accessed.</summary>
    public static string? Find() => Syscall.TryStat("/") is { } root ? LoopDevice.BackingPath(root.Device) : null;
}
