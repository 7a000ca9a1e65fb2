namespace KairosBoot.Linux;

/// <summary>
/// Whole directory trees of one file system. Everything is done by the descriptor of a directory and one name in it: whoever exchanges a directory for a
/// link leads nothing out of the tree.
/// </summary>
public static class FileTree
{
    /// <summary>
    /// Copies a directory with everything in it: modes, owners, times, holes, extended attributes (ACLs, labels and capabilities are such),
    /// links, devices and hard links within the tree. Does not cross into other file systems.
    /// </summary>
    /// <param name="from">Opened for reading.</param>
    /// <param name="directory">Where the copy will be; may be opened with <see cref="OpenFlags.Path"/>.</param>
    /// <param name="name">Of the copy. Nothing has that name yet.</param>
    public static void Copy(FileHandle from, FileHandle directory, string name)
    {
        var root = Syscall.FStat(from);
        new TreeCopy(root.Device).Run(from, directory, name, root);
    }

    /// <summary>As <see cref="Copy"/> for one file, or for a directory without what is in it.</summary>
    public static void CopyOne(FileHandle fromDirectory, string from, FileHandle directory, string name)
    {
        var status = Syscall.TryStatAt(fromDirectory, from) ?? throw new SyscallException("statx", $"{fromDirectory.Path}/{from}", Errno.ENOENT);
        if (status.Type != FileType.Directory)
        {
            TreeCopy.File(fromDirectory, from, directory, name, status);
            return;
        }
        using var source = Syscall.OpenDirectoryAt(fromDirectory, from);
        using var copy = TreeCopy.NewDirectory(directory, name);
        SetAttributes(source, copy, status);
    }

    /// <summary>
    /// Gives the second directory what the first has: mode, owner, attributes, times. What else the second had of attributes goes. Both are opened for reading.
    /// </summary>
    public static void TakeAttributes(FileHandle from, FileHandle to)
    {
        ExtendedAttributes.RemoveOthers(from, to);
        SetAttributes(from, to, Syscall.FStat(from));
    }

    // Owner before mode: chown clears set-uid and set-gid. Times last: everything before changes them.
    internal static void SetAttributes(FileHandle from, FileHandle to, FileStatus status)
    {
        Syscall.FChOwn(to, status.Uid, status.Gid);
        Syscall.FChMod(to, status.Mode);
        ExtendedAttributes.Copy(from, to);
        Syscall.UTimes(to, status.MTimeNs);
    }

    /// <summary>Like rm -rf of one name in a directory, without leaving the file system. It may be missing. A link is deleted, never followed.</summary>
    /// <param name="directory">May be opened with <see cref="OpenFlags.Path"/>.</param>
    /// <param name="name">One name in it.</param>
    /// <exception cref="SyscallException">Something could not be deleted; EBUSY where something else is mounted inside.</exception>
    public static void Delete(FileHandle directory, string name) => new TreeDeletion().Run(directory, name);

    /// <summary>As <see cref="Delete(FileHandle, string)"/>, for paths that only root shapes.</summary>
    public static void Delete(string path)
    {
        var cut = path.LastIndexOf('/');
        using var directory = Syscall.TryOpen(path[..Math.Max(cut, 1)], OpenFlags.Path | OpenFlags.Directory);
        if (directory is not null) Delete(directory, path[(cut + 1)..]);
    }
}
