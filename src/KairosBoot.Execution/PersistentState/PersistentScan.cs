using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>Reads the image and the store for a merge.</summary>
/// <param name="reader">Computes the signatures.</param>
internal sealed class PersistentScan(SignatureReader reader)
{
    private readonly List<MergeEntry> entries = [];
    private ulong device;
    private PersistentFill? fill;

    /// <summary>All entries below a directory of the image, in the order of a walk.</summary>
    /// <param name="root">Opened for reading.</param>
    /// <param name="copies">Copies all files meanwhile, as long as they fit; null: nothing is copied.</param>
    public List<MergeEntry> OfImage(FileHandle root, PersistentFill? copies = null)
    {
        fill = copies;
        var status = Syscall.FStat(root);
        device = status.Device;
        Directory(root, fill?.Root, "", status);
        return entries;
    }

    /// <summary>
    /// Adds the state of the store to the entries. Examines only names that an image had, and reads only files that may still be
    /// unchanged; it ignores files that the user made, no matter how many.
    /// </summary>
    public void AddStore(FileHandle store, DirectoryCursor cursor, List<MergeEntry> all)
    {
        foreach (var entry in all)
        {
            if (reader.Digest.WithFormer) entry.Former ??= new FormerSignatures();
            if (entry.Name.Length == 0) AddRoot(store, entry);
            // A directory that is a link now leads elsewhere: nothing below it belongs to the store.
            else if (entry.Parent is { Store.IsDirectory: true } parent && Add(cursor, entry)) parent.ChildCount++;
        }
        LookForMore(cursor, all);
    }

    private void AddRoot(FileHandle store, MergeEntry entry)
    {
        var status = Syscall.FStat(store);
        if (MayBe(entry, status)) SetStore(entry, reader.OfDirectory(store, status));
        else SetUnread(entry, status);
    }

    /// <summary>False: the store has no such name.</summary>
    private bool Add(DirectoryCursor cursor, MergeEntry entry)
    {
        var (directory, name) = cursor.Parent(entry.Name);
        if (Syscall.TryStatAt(directory, name) is not { } status) return false;
        if (!MayBe(entry, status)) SetUnread(entry, status);
        else if (status.Type != FileType.Directory) SetStore(entry, reader.OfFile(directory, name, status));
        else if (cursor.TryOpen(entry.Name) is { } opened) SetStore(entry, reader.OfDirectory(opened, status));
        return true;
    }

    private void SetStore(MergeEntry entry, EntrySignature signature)
    {
        entry.Store = signature;
        if (entry.Former is { } former) former.Store = reader.Digest.Former;
    }

    private static void SetUnread(MergeEntry entry, FileStatus status)
    {
        entry.Store = EntrySignature.Unread(SignatureReader.Kind(status.Type));
        if (entry.Former is { } former) former.Store = entry.Store;
    }

    private void AddImage(MergeEntry entry, EntrySignature signature)
    {
        entry.Image = signature;
        if (reader.Digest.WithFormer) entry.Former = new FormerSignatures { Image = reader.Digest.Former };
        entries.Add(entry);
    }

    /// <param name="directory">A directory of the image, opened for reading.</param>
    /// <param name="copy">Its copy; null: nothing is copied.</param>
    /// <param name="name">Its path below the root.</param>
    /// <param name="status">Its status.</param>
    private void Directory(FileHandle directory, FileHandle? copy, string name, FileStatus status)
    {
        AddImage(new MergeEntry(name), reader.OfDirectory(directory, status));
        if (fill?.Take(0) == false) return;
        // Of a mount point inside, only the empty directory is taken: the file system mounted there is not part of the tree.
        if (status.Device == device)
        {
            foreach (var child in Syscall.ReadDirectory(directory))
                Child(directory, copy, child, name.Length == 0 ? child : string.Concat(name, "/", child));
        }
        if (copy is not null) FileTree.SetAttributes(directory, copy, status);
    }

    private void Child(FileHandle directory, FileHandle? copy, string name, string path)
    {
        if (fill?.IsFull == true || Syscall.TryStatAt(directory, name) is not { Type: not FileType.Unknown } found) return;
        if (found.Type == FileType.Directory)
        {
            using var opened = Syscall.OpenDirectoryAt(directory, name);
            using var made = copy is null ? null : FileTree.NewDirectory(copy, name);
            Directory(opened, made, path, found);
            return;
        }
        var entry = new MergeEntry(path) { HardLink = found.HardLink, AllocatedBytes = found.Allocated };
        AddImage(entry, copy is null ? reader.OfFile(directory, name, found) : fill!.Copy(directory, copy, name, found, entry));
    }

    private static bool MayBe(MergeEntry entry, FileStatus status)
    {
        if (MayBe(entry.Image, status)) return true;
        foreach (var accepted in entry.Base ?? [])
            if (MayBe(accepted, status)) return true;
        return false;
    }

    private static bool MayBe(EntrySignature signature, FileStatus status) =>
        signature.Kind == SignatureReader.Kind(status.Type) && (status.Type != FileType.Regular || signature.Size == status.Size);

    // Only for directories that may be deleted: anything in them that is not an entry is the user's.
    private static void LookForMore(DirectoryCursor cursor, List<MergeEntry> entries)
    {
        foreach (var entry in entries)
        {
            if (entry.Store.IsDirectory && !entry.Image.IsDirectory && entry.Untouched)
                entry.HoldsMore = cursor.TryOpen(entry.Name) is not { } directory || HoldsMore(directory, entry.ChildCount);
        }
    }

    // Reads no more names than necessary: a user may have created more than fit into memory.
    private static bool HoldsMore(FileHandle directory, int expected)
    {
        Syscall.Rewind(directory);
        var names = new List<string>();
        var some = new byte[8192];
        while (names.Count <= expected && Syscall.ReadNames(directory, some, names)) { }
        return names.Count != expected;
    }
}
