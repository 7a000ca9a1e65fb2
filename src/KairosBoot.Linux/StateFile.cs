namespace KairosBoot.Linux;

/// <summary>A small file on COS_STATE that GRUB reads: replaced by another one, so that there is always a whole one.</summary>
internal static class StateFile
{
    private const int ReadableByAll = 0b110_100_100;

    /// <param name="path">The file, absolute, on a partition that is writable now.</param>
    /// <param name="directory">Its directory.</param>
    /// <param name="content">All of it.</param>
    /// <exception cref="SyscallException">It is as it was.</exception>
    internal static void Replace(string path, FileHandle directory, ReadOnlySpan<byte> content)
    {
        var unfinished = path + ".unfinished";
        try
        {
            using var file = Syscall.Open(unfinished, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate, ReadableByAll);
            Syscall.WriteAll(file, content);
            Syscall.FSync(file);
        }
        catch (SyscallException)
        {
            if (Syscall.TryLStat(unfinished) is not null) Syscall.Unlink(unfinished);
            throw;
        }
        Syscall.Rename(unfinished, path);
        Settle(directory);
    }

    /// <summary>What was done to names is where GRUB, which replays no journal, looks for it.</summary>
    internal static void Settle(FileHandle directory)
    {
        Syscall.FSync(directory);
        Syscall.SyncFs(directory);
    }

    internal static string Parent(string path) => path[..Math.Max(1, path.LastIndexOf('/'))];
}
