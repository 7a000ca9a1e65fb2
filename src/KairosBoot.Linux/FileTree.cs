namespace KairosBoot.Linux;

/// <summary>Whole directory trees of one file system.</summary>
public static class FileTree
{
    /// <summary>
    /// Copies a directory with everything in it: modes, owners, times, holes, extended attributes (ACLs, labels and capabilities are such),
    /// links, devices and hard links within the tree. Does not cross into other file systems. The target must not exist.
    /// </summary>
    public static void Copy(string from, string to)
    {
        var root = Syscall.TryStat(from) ?? throw new SyscallException("stat", from, Errno.ENOENT);
        new Copier(root.Device).Directory(from, to, root);
    }

    /// <summary>As <see cref="Copy"/> for one file, or for a directory without what is in it.</summary>
    public static void CopyOne(string from, string to)
    {
        var status = Syscall.TryLStat(from) ?? throw new SyscallException("lstat", from, Errno.ENOENT);
        if (status.Type == FileType.Directory) Syscall.MkDir(to, 0b111_000_000);
        else Copier.File(from, to, status);
        SetAttributes(from, to, status);
    }

    /// <summary>
    /// Gives the second what the first has: mode, owner, attributes, times. What else the second had of attributes goes.
    /// </summary>
    public static void TakeAttributes(string from, string to)
    {
        var status = Syscall.TryStat(from) ?? throw new SyscallException("stat", from, Errno.ENOENT);
        ExtendedAttributes.RemoveOthers(from, to);
        SetAttributes(from, to, status);
    }

    // Owner before mode: chown clears set-uid and set-gid. Times last: everything before changes them.
    private static void SetAttributes(string from, string to, FileStatus status)
    {
        Syscall.LChOwn(to, status.Uid, status.Gid);
        if (status.Type != FileType.Symlink) Syscall.ChMod(to, status.Mode);
        ExtendedAttributes.Copy(from, to);
        Syscall.LUTimes(to, status.MTimeNs);
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

    /// <summary>Like rm -rf of one name in a directory, without leaving the file system. It may be missing. A link is deleted, never followed.</summary>
    /// <param name="directory">May be opened with <see cref="OpenFlags.Path"/>.</param>
    /// <param name="name">One name in it.</param>
    public static void Delete(FileHandle directory, string name)
    {
        if (Syscall.TryStatAt(directory, name) is not { } status) return;
        if (status.Type != FileType.Directory)
        {
            Syscall.UnlinkAt(directory, name);
            return;
        }
        using (var child = Syscall.OpenAt(directory, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow))
            foreach (var below in Syscall.ReadDirectory(Syscall.DescriptorPath(child))) Delete(child, below);
        Syscall.RmDirAt(directory, name);
    }

    private sealed class Copier(ulong device)
    {
        private readonly Dictionary<string, string> hardLinks = [];

        public void Directory(string from, string to, FileStatus status)
        {
            Syscall.MkDir(to, 0b111_000_000);
            // A mount point inside shows its own empty directory: what is mounted there is not part of the image.
            if (status.Device == device)
                foreach (var name in Syscall.ReadDirectory(from)) Entry($"{from}/{name}", $"{to}/{name}");
            SetAttributes(from, to, status);
        }

        private void Entry(string from, string to)
        {
            if (Syscall.TryLStat(from) is not { Type: not FileType.Unknown } status) return;
            if (status.Type == FileType.Directory)
            {
                Directory(from, to, status);
                return;
            }
            if (status.HardLink is { } link && !hardLinks.TryAdd(link, to))
            {
                Syscall.Link(hardLinks[link], to);
                return;
            }
            File(from, to, status);
            SetAttributes(from, to, status);
        }

        public static void File(string from, string to, FileStatus status)
        {
            switch (status.Type)
            {
                case FileType.Regular: Content(from, to); break;
                case FileType.Symlink: Syscall.Symlink(Syscall.ReadLink(from), to); break;
                default: Syscall.MkNod(to, status.Type, 0b110_000_000, status.RDevice); break;
            }
        }

        private static void Content(string from, string to)
        {
            using var source = Syscall.Open(from, OpenFlags.ReadOnly | OpenFlags.NoFollow);
            using var target = Syscall.Open(to, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, 0b110_000_000);
            Syscall.CopySparse(source, target);
        }
    }
}
