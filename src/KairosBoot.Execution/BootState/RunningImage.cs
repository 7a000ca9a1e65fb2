using KairosBoot.Linux;

namespace KairosBoot.Execution;

/// <summary>The image of the running system.</summary>
public static class RunningImage
{
    /// <summary>Path of the image file; null: / is not an image file, or the file cannot be accessed.</summary>
    public static string? Find()
    {
        string? source = null;
        foreach (var mount in MountTable.Read())
            if (mount.MountPoint == "/") source = mount.Source;
        if (source is null || !source.StartsWith("/dev/loop", StringComparison.Ordinal)) return null;
        var file = FileText.TryReadAttribute($"/sys/class/block/{source[5..]}/loop/backing_file");
        return file is not null && Syscall.TryStat(file) is { Type: FileType.Regular } ? file : null;
    }
}
