namespace KairosBoot.Linux;

/// <summary>Whole directory trees of one file system.</summary>
public static class FileTree
{
    /// <summary>
    /// Copies a directory with everything in it: modes, owners, times, extended attributes (ACLs, labels and capabilities are such), links,
    /// devices and hard links within the tree. Does not cross into other file systems. The target must not exist.
    /// </summary>
    public static void Copy(string from, string to)
    {
        var root = Syscall.TryStat(from) ?? throw new SyscallException("stat", from, Errno.ENOENT);
        new Copier(root.Device).Directory(from, to, root);
    }

    /// <summary>Like rm -rf, without leaving the file system.</summary>
    public static void Delete(string path)
    {
        var status = Syscall.TryLStat(path);
        if (status is null) return;
        if (status.Value.Type != FileType.Directory)
        {
            Syscall.Unlink(path);
            return;
        }
        foreach (var name in Syscall.ReadDirectory(path)) Delete($"{path}/{name}");
        Syscall.RmDir(path);
    }

    private sealed class Copier(ulong device)
    {
        private readonly Dictionary<ulong, string> hardLinks = [];

        public void Directory(string from, string to, FileStatus status)
        {
            Syscall.MkDir(to, 0b111_000_000);
            // A mount point inside shows its own empty directory: what is mounted there is not part of the image.
            if (status.Device == device)
                foreach (var name in Syscall.ReadDirectory(from)) Entry($"{from}/{name}", $"{to}/{name}");
            Attributes(from, to, status);
        }

        private void Entry(string from, string to)
        {
            if (Syscall.TryLStat(from) is not { } status) return;
            if (status.Type == FileType.Directory)
            {
                Directory(from, to, status);
                return;
            }
            if (status.Links > 1)
            {
                if (hardLinks.TryGetValue(status.Inode, out var first))
                {
                    Syscall.Link(first, to);
                    return;
                }
                hardLinks.Add(status.Inode, to);
            }
            switch (status.Type)
            {
                case FileType.Regular: Content(from, to); break;
                case FileType.Symlink: Syscall.Symlink(Syscall.ReadLink(from), to); break;
                case FileType.Unknown: return;
                default: Syscall.MkNod(to, status.Type, 0b110_000_000, status.RDevice); break;
            }
            Attributes(from, to, status);
        }

        private static void Content(string from, string to)
        {
            using var source = Syscall.Open(from, OpenFlags.ReadOnly | OpenFlags.NoFollow);
            using var target = Syscall.Open(to, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, 0b110_000_000);
            Syscall.CopyAll(source, target);
        }

        // Owner before mode: chown clears set-uid and set-gid. Times last: everything before changes them.
        private static void Attributes(string from, string to, FileStatus status)
        {
            Syscall.LChOwn(to, status.Uid, status.Gid);
            if (status.Type != FileType.Symlink) Syscall.ChMod(to, status.Mode);
            ExtendedAttributes.Copy(from, to);
            Syscall.LUTimes(to, status.MTimeNs);
        }
    }
}
