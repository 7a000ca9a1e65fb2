using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>
/// The file with the boot counters. GRUB writes into the disk blocks that it found the file in, and reads them without looking into the
/// journal: the file is written over in place, never cut, never made longer.
/// </summary>
public static class BootStateFile
{
    /// <summary>What the file says. Never fails: what is wrong with it is part of the answer.</summary>
    public static BootBlock Read(string path)
    {
        try
        {
            using var directory = Syscall.TryOpen(StateFile.Parent(path), OpenFlags.Path | OpenFlags.Directory);
            if (directory is null) return BootBlock.Unusable("is missing");
            using var file = StateFile.TryOpen(directory, StateFile.Name(path), out var status);
            if (status.Type == FileType.Unknown) return BootBlock.Unusable("is missing");
            if (file is null) return BootBlock.Unusable("is not a file");
            if (status.Size != EnvironmentBlock.Bytes) return BootBlock.Unusable($"is {status.Size} bytes long instead of {EnvironmentBlock.Bytes}");
            // GRUB finds no disk block to write into.
            if (status.Allocated < status.Size) return BootBlock.Unusable("has holes");
            var bytes = new byte[EnvironmentBlock.Bytes];
            return BootBlock.Read(bytes.AsSpan(0, Syscall.PRead(file, bytes, 0)));
        }
        catch (SyscallException e) { return BootBlock.Unusable("cannot be read: " + e.Message); }
    }

    /// <summary>Reads, changes and writes, with nobody else doing the same in between. Nothing is written where nothing changes.</summary>
    /// <param name="path">The file, absolute; its directory is there.</param>
    /// <param name="change">The counters to write for what was read; null: leave it.</param>
    /// <returns>What is in the file now.</returns>
    /// <exception cref="SyscallException">It cannot be written.</exception>
    public static BootBlock Update(string path, Func<BootBlock, BootCounters?> change)
    {
        using var directory = Syscall.Open(StateFile.Parent(path), OpenFlags.ReadOnly | OpenFlags.Directory);
        Syscall.Lock(directory);
        var before = Read(path);
        if (change(before) is not { } counters || (before.Problem is null && counters == before.Counters)) return before;
        MountedPartition.ChangeAt(path, () =>
        {
            if (before.Usable) WriteOver(directory, StateFile.Name(path), BootBlock.Write(counters));
            else StateFile.Replace(directory, StateFile.Name(path), BootBlock.Write(counters));
        });
        return new(counters, null);
    }

    private static void WriteOver(FileHandle directory, string name, byte[] block)
    {
        using var file = Syscall.OpenAt(directory, name, OpenFlags.WriteOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking);
        Syscall.PWriteAll(file, block, 0);
        Syscall.FDataSync(file);
    }
}
