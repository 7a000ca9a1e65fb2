using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>A failed boot in pstore: its record, and the name, kind and time (seconds since 1970) of the entry.</summary>
public sealed class PstoreFailure(FailureRecord record, string name, string kind, long written)
{
    public FailureRecord Record { get; } = record;
    public string Name { get; } = name;
    public string Kind { get; } = kind;
    public long Written { get; } = written;

    /// <summary>The kernel wrote it, not kairos-boot: a program of the image may collect it too.</summary>
    public bool IsPanic => FailureDump.IsPanic(Kind);
}

/// <summary>
/// Memory of the firmware or the machine that keeps the end of a kernel log over a restart, without a disk.
/// Documentation/admin-guide/pstore-blk.rst, ABI/testing/pstore.
/// </summary>
public static class Pstore
{
    private const string Place = "/sys/fs/pstore", Backend = "/sys/module/pstore/parameters/backend";
    private const string AlwaysDump = "/sys/module/printk/parameters/always_kmsg_dump";

    // The memory is small and, with some firmware, flash that wears out. For a machine that fails repeatedly, a few records are enough.
    private const int MaxUnread = 3;

    // EFI variables can be many, and reading one can take a millisecond. ramoops has records as large as its configuration says.
    private const int MaxEntries = 64, MaxBytes = 64 * 1024;

    /// <summary>False: the machine has no memory for a log, or the kernel has no driver for it.</summary>
    public static bool IsThere =>
        FileText.TryReadAttribute(Backend) is { Length: > 0 } backend && backend != "(null)" && Syscall.TryStat(Place) is not null;

    /// <summary>
    /// Makes the kernel keep the end of its log at a restart too, not only at a panic. False: enough records are kept already.
    /// </summary>
    public static bool KeepLogAtRestart()
    {
        if (!IsThere || Read().Count >= MaxUnread) return false;
        FileText.WriteAttribute(AlwaysDump, "Y");
        return true;
    }

    /// <summary>Boots that failed in the initrd, and kernel panics. All other entries are not touched.</summary>
    public static List<PstoreFailure> Read() => Mounted(() =>
    {
        var found = new List<PstoreFailure>();
        var left = MaxEntries;
        // In the order of EFI variables, the end of a log precedes its earlier parts.
        foreach (var name in Syscall.ReadDirectory(Place))
        {
            if (left-- <= 0 || TryRead(name, out var written) is not { } text) continue;
            if (Find(found, name, text, written) is { IsPanic: true } end) FailureDump.AddEarlierPart(end.Record, text);
            else if (FailureDump.TryRead(text, written) is { } record) found.Add(new(record, name, FailureDump.Kind(text), written));
        }

        return found;
    });

    /// <summary>Erases the entries that <see cref="Read"/> found, and the earlier parts of logs that were longer than one entry.</summary>
    public static void Erase(List<PstoreFailure> failures) => Mounted(() =>
    {
        foreach (var name in Syscall.ReadDirectory(Place))
        {
            if (TryRead(name, out var written) is { } text && Find(failures, name, text, written) is not null)
                Syscall.Unlink(Place + "/" + name);
        }

        return failures;
    });

    // The parts of a log are written one after another. They name their log but not their boot, so the time of writing is compared.
    private static PstoreFailure? Find(List<PstoreFailure> failures, string name, string text, long written)
    {
        foreach (var failure in failures)
        {
            if (failure.Name == name || failure.Kind.Length > 0 && failure.Kind == FailureDump.Kind(text)
                && written - failure.Written is >= -2 and <= 2)
            {
                return failure;
            }
        }

        return null;
    }

    /// <summary>Null: it is not a kernel log, or it cannot be read.</summary>
    private static string? TryRead(string name, out long written)
    {
        written = 0;
        if (!name.StartsWith("dmesg-", StringComparison.Ordinal)) return null;
        try
        {
            using var file = Syscall.Open(Place + "/" + name, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking);
            var status = Syscall.FStat(file);
            written = status.MTimeNs / 1_000_000_000;
            var content = new byte[Math.Min(status.Size, MaxBytes)];
            return Encoding.UTF8.GetString(content, 0, Syscall.PRead(file, content, 0));
        }
        catch (SyscallException) { return null; }
    }

    // systemd also mounts it later. If it was not mounted before, it is unmounted afterwards.
    private static List<PstoreFailure> Mounted(Func<List<PstoreFailure>> use)
    {
        foreach (var mount in MountTable.Read())
            if (mount.MountPoint == Place) return use();
        Syscall.Mount("pstore", Place, "pstore", MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec, "");
        try { return use(); }
        finally { Syscall.Umount(Place); }
    }
}
