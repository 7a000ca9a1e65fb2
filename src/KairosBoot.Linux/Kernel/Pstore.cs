using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>A failed boot in pstore: its record, and the name, kind and time (seconds since 1970) of the entry.</summary>
public sealed class PstoreFailure(FailureRecord record, string name, string kind, long written)
{
    public FailureRecord Record { get; } = record;
    public string Name { get; } = name;
    public string Kind { get; } = kind;
    public long Written { get; } = written;
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
    private const int MaxUnread = 3;

    /// <summary>False: the machine has nothing to keep a log in, or the kernel no driver for it.</summary>
    public static bool IsThere => FileText.TryReadAttribute(Backend) is { Length: > 0 } backend && backend != "(null)" && Syscall.TryStat(Place) is not null;

    /// <summary>Has the kernel keep the end of its log when it restarts, not only when it panics. False where enough is kept already.</summary>
    public static bool KeepLogAtRestart()
    {
        if (!IsThere || Read().Count >= MaxUnread) return false;
        FileText.WriteAttribute(AlwaysDump, "Y");
        return true;
    }

    /// <summary>Boots that failed in the initrd. What else is there is left to whom it belongs.</summary>
    public static List<PstoreFailure> Read() => Mounted(() =>
    {
        var found = new List<PstoreFailure>();
        foreach (var name in Syscall.ReadDirectory(Place))
        {
            if (TryRead(name, out var written) is { } text && FailureDump.TryRead(text, written) is { } record)
                found.Add(new(record, name, FailureDump.Kind(text), written));
        }

        return found;
    });

    /// <summary>Erases what <see cref="Read"/> found, with the earlier parts of a log that was longer than one entry.</summary>
    public static void Erase(List<PstoreFailure> failures) => Mounted(() =>
    {
        foreach (var name in Syscall.ReadDirectory(Place))
            if (TryRead(name, out var written) is { } text && IsOf(failures, name, text, written)) Syscall.Unlink($"{Place}/{name}");
        return failures;
    });

    // Parts are written one after the other, and say of which log they are but not of which boot.
    private static bool IsOf(List<PstoreFailure> failures, string name, string text, long written)
    {
        foreach (var failure in failures)
        {
            if (failure.Name == name || failure.Kind.Length > 0 && failure.Kind == FailureDump.Kind(text) && written - failure.Written is >= -2 and <= 2)
                return true;
        }

        return false;
    }

    /// <summary>Null where it is not a kernel log or cannot be read: not ours to explain.</summary>
    private static string? TryRead(string name, out long written)
    {
        written = 0;
        if (!name.StartsWith("dmesg-", StringComparison.Ordinal)) return null;
        try
        {
            var path = $"{Place}/{name}";
            if (Syscall.TryStat(path) is { } status) written = status.MTimeNs / 1_000_000_000;
            return FileText.TryRead(path);
        }
        catch (SyscallException) { return null; }
    }

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
