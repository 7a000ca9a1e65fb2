using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>A failed boot in pstore, and the file that erases it there when it is deleted.</summary>
public sealed class PstoreFailure(FailureRecord record, string file)
{
    public FailureRecord Record { get; } = record;
    public string File { get; } = file;
}

/// <summary>
/// The firmware's or the machine's memory for the end of a kernel log: no disk is needed to keep it and to have it back.
/// Documentation/admin-guide/pstore-blk.rst, ABI/testing/pstore.
/// </summary>
public static class Pstore
{
    private const string Place = "/sys/fs/pstore", Backend = "/sys/module/pstore/parameters/backend";
    private const string AlwaysDump = "/sys/module/printk/parameters/always_kmsg_dump";

    // It is small, and with some firmware flash memory that wears: a machine that fails again and again has said why by then.
    private const int MostUnread = 3;

    /// <summary>False: the machine has nothing to keep a log in, or the kernel no driver for it.</summary>
    public static bool IsThere => FileText.TryReadAttribute(Backend) is { Length: > 0 } backend && backend != "(null)" && Syscall.TryStat(Place) is not null;

    /// <summary>Has the kernel keep the end of its log when it restarts, not only when it panics. False where enough is kept already.</summary>
    public static bool KeepLogAtRestart()
    {
        if (!IsThere || Read().Count >= MostUnread) return false;
        FileText.WriteAttribute(AlwaysDump, "Y");
        return true;
    }

    /// <summary>Boots that failed in the initrd. What else is there is left to whom it belongs.</summary>
    public static List<PstoreFailure> Read() => Mounted(() =>
    {
        var found = new List<PstoreFailure>();
        foreach (var name in Syscall.ReadDirectory(Place))
        {
            if (!name.StartsWith("dmesg-", StringComparison.Ordinal)) continue;
            var path = $"{Place}/{name}";
            try
            {
                var written = (Syscall.TryStat(path)?.MTimeNs ?? 0) / 1_000_000_000;
                if (FailureDump.TryRead(FileText.Read(path), written) is { } record) found.Add(new(record, path));
            }
            catch (SyscallException) { } // one that cannot be read is not ours to explain
        }
        return found;
    });

    /// <summary>Erases what <see cref="Read"/> found.</summary>
    public static void Erase(List<PstoreFailure> failures) => Mounted(() =>
    {
        foreach (var failure in failures) Syscall.Unlink(failure.File);
        return failures;
    });

    // systemd mounts it too, later; what was not mounted here is not mounted afterwards.
    private static List<PstoreFailure> Mounted(Func<List<PstoreFailure>> use)
    {
        foreach (var mount in MountTable.Read())
            if (mount.MountPoint == Place) return use();
        Syscall.Mount("pstore", Place, "pstore", MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec, "");
        try { return use(); }
        finally { Syscall.Umount(Place); }
    }
}
