namespace KairosBoot.Linux;

/// <summary>
/// Deletes a tree of any shape. Keeps only a few directories open and a few names in memory: a user may nest directories deeper than the
/// limit of open files, and create more names in one directory than fit into memory.
/// </summary>
internal sealed class TreeDeletion
{
    private const int MaxDepth = 64;
    private readonly byte[] buffer = new byte[8192];
    private FileHandle? top;
    private ulong device;
    private bool hasMoved;

    internal void Run(FileHandle directory, string name)
    {
        if (!IsDirectoryLeft(directory, name)) return;
        using (top = Open(directory, name))
        {
            device = Syscall.FStat(top).Device;
            do
            {
                hasMoved = false;
                Syscall.Rewind(top);
                Empty(top, depth: 1);
            }
            while (hasMoved);
        }
        Syscall.RmDirAt(directory, name);
    }

    private void Empty(FileHandle directory, int depth)
    {
        var names = new List<string>();
        while (Syscall.ReadNames(directory, buffer, names))
        {
            foreach (var name in names)
                if (IsDirectoryLeft(directory, name)) Delete(directory, name, depth);
            names.Clear();
        }
    }

    private void Delete(FileHandle directory, string name, int depth)
    {
        if (depth == MaxDepth)
        {
            // Moved to the top, where the next round deletes it.
            Syscall.RenameAt(directory, name, top!, FileReplacement.TemporaryName("deep"));
            hasMoved = true;
            return;
        }
        using (var child = Open(directory, name))
            // A file system mounted there is not part of the tree: rmdir(2) fails with EBUSY.
            if (Syscall.FStat(child).Device == device) Empty(child, depth + 1);
        Syscall.RmDirAt(directory, name);
    }

    private static FileHandle Open(FileHandle directory, string name) =>
        Syscall.OpenAt(directory, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);

    /// <summary>Unlinks a file. True: the name is a directory; false: the name is gone.</summary>
    private static bool IsDirectoryLeft(FileHandle directory, string name)
    {
        var errno = Syscall.UnlinkAtErrno(directory, name);
        // A read-only file system reports EROFS before it looks for the name.
        if (errno is Errno.ENOENT or Errno.ENOTDIR || errno == Errno.EROFS && Syscall.TryStatAt(directory, name) is null) return false;
        if (errno is not (0 or Errno.EISDIR)) throw Syscall.Failed("unlinkat", $"{directory.Path}/{name}", errno);
        return errno == Errno.EISDIR;
    }
}
