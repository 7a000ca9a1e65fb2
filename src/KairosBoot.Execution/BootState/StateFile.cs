using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>A small file on COS_STATE that GRUB reads. It is replaced as a whole, so that it is complete at every instant.</summary>
internal static class StateFile
{
    private const int ReadableByAll = Octal.O644;

    /// <param name="directory">Its directory, on a partition that is writable now.</param>
    /// <param name="name">Name of the file.</param>
    /// <param name="content">The whole content.</param>
    /// <exception cref="SyscallException">The file could not be replaced; it is unchanged.</exception>
    internal static void Replace(FileHandle directory, string name, ReadOnlySpan<byte> content)
    {
        // An ordinary user may change the files of a disk image that is not of this machine.
        using var file = new FileReplacement(directory, name, ReadableByAll, FileReplacement.OwnUser, FileReplacement.OwnUser,
            name + ".unfinished");
        Syscall.WriteAll(file.File, content);
        file.Commit(sync: ReplacementSync.FileSystem);
    }

    /// <summary>
    /// Opens a small file for reading. Null: nothing has that name, or it is not a regular file, which is not opened because that can
    /// have side effects.
    /// </summary>
    internal static FileHandle? TryOpen(FileHandle directory, string name, out FileStatus status)
    {
        status = default;
        using var found = Syscall.TryOpenAt(directory, name, OpenFlags.Path | OpenFlags.NoFollow);
        if (found is null || (status = Syscall.FStat(found)).Type != FileType.Regular) return null;
        return Syscall.Reopen(found, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
    }

    /// <summary>Writes changed names to their final place on the disk, where GRUB finds them: it does not replay the journal.</summary>
    internal static void Settle(FileHandle directory)
    {
        Syscall.FSync(directory);
        Syscall.SyncFs(directory);
    }
}
