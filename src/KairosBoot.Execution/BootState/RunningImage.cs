using KairosBoot.Linux;

namespace KairosBoot.Execution;

/// <summary>The image that the running system is.</summary>
public static class RunningImage
{
    /// <summary>Its file; null where / is no image in a file, or the file is not within reach.</summary>
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
