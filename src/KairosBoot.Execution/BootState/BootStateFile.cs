using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>
/// The file with the boot counters. GRUB writes to the disk blocks in which it found the file, and reads them without the journal. So the
/// file is overwritten in place; it is never truncated or extended.
/// </summary>
public static class BootStateFile
{
    /// <summary>The counters in the file. Never fails: a problem of the file is part of the result.</summary>
    public static BootBlock Read(string path)
    {
        try
        {
            using var directory = Syscall.TryOpen(PathParts.ParentOf(path), OpenFlags.Path | OpenFlags.Directory);
            if (directory is null) return BootBlock.Missing;
            using var file = StateFile.TryOpen(directory, PathParts.NameOf(path), out var status);
            if (status.Type == FileType.Unknown) return BootBlock.Missing;
            if (file is null) return BootBlock.Unusable("is not a file");
            if (status.Size != EnvironmentBlock.Bytes)
                return BootBlock.Unusable($"is {status.Size.ToString()} bytes long instead of {EnvironmentBlock.Bytes.ToString()}");
            // Without a disk block, GRUB cannot write.
            if (status.Allocated < status.Size) return BootBlock.Unusable("has holes");
            var bytes = new byte[EnvironmentBlock.Bytes];
            return BootBlock.Read(bytes.AsSpan(0, Syscall.PRead(file, bytes, 0)));
        }
        catch (SyscallException e) { return BootBlock.Unusable("cannot be read: " + e.Message); }
    }

    /// <summary>Reads, changes and writes the counters under a lock. Writes only if they change.</summary>
    /// <param name="path">The file, absolute; its directory exists.</param>
    /// <param name="change">Returns the counters to write; null: write nothing.</param>
    /// <returns>The content of the file afterwards.</returns>
    /// <exception cref="SyscallException">The file cannot be written.</exception>
    public static BootBlock Update(string path, Func<BootBlock, BootCounters?> change)
    {
        using var directory = Syscall.Open(PathParts.ParentOf(path), OpenFlags.ReadOnly | OpenFlags.Directory);
        Syscall.Lock(directory);
        var before = Read(path);
        if (change(before) is not { } counters || (before.Problem is null && counters == before.Counters)) return before;
        var after = before.With(counters);
        MountedPartition.ChangeAt(path, () =>
        {
            if (before.Usable) WriteOver(directory, PathParts.NameOf(path), after.Write());
            else StateFile.Replace(directory, PathParts.NameOf(path), after.Write());
        });
        return after;
    }

    /// <summary>Counters of a good boot, with a new boot id if they change: a copy of this disk differs from it after the next good boot of
    /// either.</summary>
    public static BootCounters WithNewId(BootCounters before, BootCounters good)
    {
        if (good == before) return before;
        Span<byte> random = stackalloc byte[16];
        Syscall.GetRandom(random);
        return good with { BootId = Convert.ToHexStringLower(random) };
    }

    private static void WriteOver(FileHandle directory, string name, byte[] block)
    {
        using var file = Syscall.OpenAt(directory, name, OpenFlags.WriteOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking);
        Syscall.PWriteAll(file, block, 0);
        Syscall.FDataSync(file);
    }
}
