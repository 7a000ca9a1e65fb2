using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>
/// Copies a directory of the image for a new store: modes, owners, times, holes, extended attributes, links, devices and hard links. Reads
/// each file once, for the copy and for its signature.
/// </summary>
/// <param name="reader">Computes the signatures.</param>
/// <param name="space">Counts what the copy needs.</param>
internal sealed class PersistentFill(SignatureReader reader, StagingSpace space)
{
    private const int Permissions = Octal.O777;
    private readonly List<MergeEntry> entries = [];
    // For files with several names: the first one.
    private readonly Dictionary<string, MergeEntry> hardLinks = [];
    private FileHandle? copyRoot;
    private ulong device;

    /// <summary>Makes the copy.</summary>
    /// <param name="image">Opened for reading.</param>
    /// <param name="directory">A directory that only root can enter.</param>
    /// <param name="name">Name of the copy, which does not exist yet.</param>
    /// <returns>All entries, in the order of a walk. Null: the volume has too little free space; the copy is not complete.</returns>
    public List<MergeEntry>? Run(FileHandle image, FileHandle directory, string name)
    {
        var status = Syscall.FStat(image);
        device = status.Device;
        using (copyRoot = FileTree.NewDirectory(directory, name)) return Directory(image, copyRoot, "", status) ? entries : null;
    }

    private bool Directory(FileHandle from, FileHandle to, string path, FileStatus status)
    {
        entries.Add(new MergeEntry(path) { Image = reader.OfDirectory(from, status) });
        if (!space.Take(0)) return false;
        // Of a mount point inside, only the empty directory is copied: the file system mounted there is not part of the tree.
        if (status.Device == device)
            foreach (var name in Syscall.ReadDirectory(from))
                if (!Entry(from, to, path, name)) return false;
        FileTree.SetAttributes(from, to, status);
        return true;
    }

    private bool Entry(FileHandle from, FileHandle to, string path, string name)
    {
        if (Syscall.TryStatAt(from, name) is not { Type: not FileType.Unknown } status) return true;
        var entryPath = path.Length == 0 ? name : string.Concat(path, "/", name);
        if (status.Type == FileType.Directory)
        {
            using var source = Syscall.OpenDirectoryAt(from, name);
            using var copy = FileTree.NewDirectory(to, name);
            return Directory(source, copy, entryPath, status);
        }
        var entry = new MergeEntry(entryPath) { HardLink = status.HardLink, AllocatedBytes = status.Allocated };
        entries.Add(entry);
        if (entry.HardLink is { } link && !hardLinks.TryAdd(link, entry))
        {
            entry.Image = hardLinks[link].Image;
            Link(hardLinks[link].Name, to, name);
            return true;
        }
        if (!space.Take(status.Allocated)) return false;
        entry.Image = File(from, to, name, status);
        return true;
    }

    private EntrySignature File(FileHandle from, FileHandle to, string name, FileStatus status)
    {
        if (status.Type != FileType.Regular)
        {
            FileTree.CopyFile(from, name, to, name, status);
            return reader.OfFile(from, name, status);
        }
        using var source = SignatureReader.Open(from, name);
        using var copy = Syscall.OpenAt(to, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow,
            status.Mode & Permissions);
        var isSparse = status.Allocated < status.Size && Syscall.HasHoles(source);
        var signature = reader.OfContent(source, status, isSparse ? null : copy);
        if (isSparse) Syscall.CopySparse(source, copy);
        FileTree.SetAttributes(source, copy, status);
        return signature;
    }

    private void Link(string existing, FileHandle to, string name)
    {
        using var cursor = new DirectoryCursor(copyRoot!);
        var (directory, last) = cursor.Parent(existing);
        Syscall.LinkAt(directory, last, to, name);
    }
}
