using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>One copy of a directory; see <see cref="FileTree.Copy"/>.</summary>
/// <param name="device">The file system that the copy does not leave.</param>
internal sealed class TreeCopy(ulong device)
{
    private const int OnlyOwner = Octal.O600;
    // For files with several names: the first name in the copy.
    private readonly Dictionary<string, string> hardLinks = [];
    private FileHandle? root;

    internal void Run(FileHandle from, FileHandle directory, string name, FileStatus status)
    {
        using (root = NewDirectory(directory, name)) Fill(from, root, "", status);
    }

    internal static FileHandle NewDirectory(FileHandle directory, string name)
    {
        Syscall.MkDirAt(directory, name, Octal.O700);
        return Syscall.OpenDirectoryAt(directory, name);
    }

    /// <param name="from">Opened for reading.</param>
    /// <param name="to">The new directory.</param>
    /// <param name="path">Path of the new directory in the copy.</param>
    /// <param name="status">Status of <paramref name="from"/>.</param>
    private void Fill(FileHandle from, FileHandle to, string path, FileStatus status)
    {
        // For a mount point inside, only the empty directory is copied: the file system mounted there is not part of the tree.
        if (status.Device == device)
            foreach (var name in Syscall.ReadDirectory(from)) Entry(from, to, path, name);
        FileTree.SetAttributes(from, to, status);
    }

    private void Entry(FileHandle from, FileHandle to, string path, string name)
    {
        if (Syscall.TryStatAt(from, name) is not { Type: not FileType.Unknown } status) return;
        if (status.Type == FileType.Directory)
        {
            using var source = Syscall.OpenDirectoryAt(from, name);
            using var copy = NewDirectory(to, name);
            Fill(source, copy, Below(path, name), status);
        }
        else if (status.HardLink is { } link && !hardLinks.TryAdd(link, Below(path, name)))
        {
            Link(hardLinks[link], to, name);
        }
        else
        {
            File(from, name, to, name, status);
        }
    }

    private void Link(string existing, FileHandle to, string name)
    {
        using var cursor = new DirectoryCursor(root!);
        var (directory, last) = cursor.Parent(existing);
        Syscall.LinkAt(directory, last, to, name);
    }

    private static string Below(string path, string name) => path.Length == 0 ? name : $"{path}/{name}";

    /// <summary>Copies a file that is not a directory, with its attributes.</summary>
    internal static void File(FileHandle fromDirectory, string from, FileHandle directory, string name, FileStatus status)
    {
        switch (status.Type)
        {
            case FileType.Regular: Content(fromDirectory, from, directory, name, status); return;
            case FileType.Symlink:
                Syscall.SymlinkAt(Syscall.ReadLinkAt(fromDirectory, from), directory, name);
                Syscall.ChOwnAt(directory, name, status.Uid, status.Gid);
                break;
            default: Special(directory, name, status); break;
        }
        ExtendedAttributes.CopyAt(fromDirectory, from, directory, name);
        Syscall.UTimesAt(directory, name, status.MTimeNs);
    }

    private static void Special(FileHandle directory, string name, FileStatus status)
    {
        Syscall.MkNodAt(directory, name, status.Type, OnlyOwner, status.RDevice);
        using var file = Syscall.OpenAt(directory, name, OpenFlags.Path | OpenFlags.NoFollow);
        Syscall.ChOwn(file, status.Uid, status.Gid);
        Syscall.ChMod(file, status.Mode);
    }

    private static void Content(FileHandle fromDirectory, string from, FileHandle directory, string name, FileStatus status)
    {
        using var source = Syscall.OpenAt(fromDirectory, from, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking);
        using var target = Syscall.OpenAt(directory, name,
            OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, OnlyOwner);
        Syscall.CopySparse(source, target);
        FileTree.SetAttributes(source, target, status);
    }
}
