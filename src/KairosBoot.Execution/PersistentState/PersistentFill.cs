using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>
/// The files of a new store: modes, owners, times, holes, extended attributes, links, devices and hard links. Reads each file of the image
/// once, for the copy and for its signature.
/// </summary>
/// <param name="reader">Computes the signatures.</param>
/// <param name="space">Counts what the copy needs.</param>
/// <param name="root">The copy of the whole directory. Only root can enter its parent.</param>
internal sealed class PersistentFill(SignatureReader reader, StagingSpace space, FileHandle root)
{
    private const int Permissions = Octal.O777;
    // For files with several names: the first one.
    private readonly Dictionary<string, MergeEntry> hardLinks = [];

    public FileHandle Root => root;

    /// <summary>Something did not fit: the copy is not complete.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Counts an entry. False: it does not fit.</summary>
    public bool Take(long allocatedBytes)
    {
        IsFull |= !space.Take(allocatedBytes);
        return !IsFull;
    }

    /// <summary>Copies a file that is not a directory, and returns its signature.</summary>
    public EntrySignature Copy(FileHandle from, FileHandle to, string name, FileStatus status, MergeEntry entry)
    {
        if (entry.HardLink is { } link && !hardLinks.TryAdd(link, entry))
        {
            using var cursor = new DirectoryCursor(root);
            var (directory, last) = cursor.Parent(hardLinks[link].Name);
            Syscall.LinkAt(directory, last, to, name);
            return hardLinks[link].Image;
        }
        if (!Take(status.Allocated)) return default;
        if (status.Type == FileType.Regular) return Content(from, to, name, status);
        FileTree.CopyFile(from, name, to, name, status);
        return reader.OfFile(from, name, status);
    }

    private EntrySignature Content(FileHandle from, FileHandle to, string name, FileStatus status)
    {
        using var source = SignatureReader.Open(from, name);
        using var copy = Syscall.OpenAt(to, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow,
            status.Mode & Permissions);
        var isSparse = status.Allocated < status.Size && Syscall.HasHoles(source);
        var signature = reader.OfContent(source, status, isSparse ? null : copy);
        if (isSparse) Syscall.CopySparse(source, copy);
        FileTree.SetAttributes(source, copy, status);
        return signature;
    }
}
