namespace KairosBoot.Linux;

/// <summary>
/// Finds the users of a disk or of its partitions: what would be lost, or would continue to write, if the disk were overwritten.
/// </summary>
public static class DiskUse
{
    private const string ClassBlock = "/sys/class/block";

    /// <summary>A sentence for each use, in the order of the partitions. Empty: no use is known.</summary>
    /// <param name="disk">The kernel's name of the whole disk.</param>
    public static IReadOnlyList<string> Of(string disk)
    {
        var uses = new List<string>();
        foreach (var name in Nodes(disk))
        {
            if (Syscall.TryStat("/dev/" + name) is not { Type: FileType.BlockDevice } node) continue;
            foreach (var mount in MountTable.Read())
                if (Is(mount.Source, node.RDevice)) uses.Add($"/dev/{name} is mounted at {mount.MountPoint}");
            foreach (var line in (FileText.TryRead("/proc/swaps") ?? "").Split('\n'))
                if (Is(line.Split(' ')[0], node.RDevice)) uses.Add($"/dev/{name} is swap");
            foreach (var holder in Syscall.ReadDirectoryIfThere($"{ClassBlock}/{name}/holders"))
                uses.Add($"/dev/{name} is part of /dev/{holder}{Named(FileText.TryReadAttribute($"{ClassBlock}/{holder}/dm/name"))}");
            foreach (var loop in Syscall.ReadDirectoryIfThere(ClassBlock))
            {
                if (loop.StartsWith("loop", StringComparison.Ordinal)
                    && Is(FileText.TryReadAttribute($"{ClassBlock}/{loop}/loop/backing_file") ?? "", node.RDevice))
                {
                    uses.Add($"/dev/{name} is attached to /dev/{loop}");
                }
            }
        }
        return uses;
    }

    /// <summary>True: the kernel refuses writes to the disk.</summary>
    public static bool IsReadOnly(string disk) => FileText.TryReadAttribute($"{ClassBlock}/{disk}/ro") == "1";

    /// <summary>
    /// True: a user that <see cref="Of"/> does not find has claimed the disk. The kernel allows only one claim of a disk and its
    /// partitions.
    /// </summary>
    public static bool IsClaimed(string disk)
    {
        try
        {
            Syscall.Open("/dev/" + disk, OpenFlags.ReadOnly | OpenFlags.Exclusive).Dispose();
            return false;
        }
        catch (SyscallException e) when (e.Errno == Errno.EBUSY) { return true; }
    }

    private static List<string> Nodes(string disk)
    {
        var names = new List<string> { disk };
        foreach (var name in Syscall.ReadDirectoryIfThere($"{ClassBlock}/{disk}"))
            if (FileText.TryReadAttribute($"{ClassBlock}/{disk}/{name}/partition") is not null) names.Add(name);
        return names;
    }

    // Compares device numbers: /dev/root and /dev/disk/by-uuid are other names of the same device.
    private static bool Is(string path, ulong device) =>
        path.StartsWith('/') && Syscall.TryStat(path) is { Type: FileType.BlockDevice } found && found.RDevice == device;

    private static string Named(string? name) => name is null ? "" : $" ({name})";
}
