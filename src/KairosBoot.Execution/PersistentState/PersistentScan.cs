using System.Buffers.Binary;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>Reads the image and the store for a merge.</summary>
internal sealed class PersistentScan
{
    private byte[]? buffer;
    private readonly List<MergeEntry> entries = [];
    private ulong device;

    /// <summary>All entries below a directory of the image, in the order of a walk.</summary>
    /// <param name="root">Opened for reading.</param>
    public static List<MergeEntry> OfImage(FileHandle root)
    {
        var scan = new PersistentScan();
        var status = Syscall.FStat(root);
        scan.device = status.Device;
        scan.Directory(root, "", status);
        return scan.entries;
    }

    /// <summary>
    /// Adds the state of the store to the entries. Examines only names that an image had, and reads only files that may still be
    /// unchanged; it ignores files that the user made, no matter how many.
    /// </summary>
    public static void AddStore(FileHandle store, DirectoryCursor cursor, List<MergeEntry> entries)
    {
        var scan = new PersistentScan();
        foreach (var entry in entries)
        {
            if (entry.Name.Length == 0) scan.AddRoot(store, entry);
            // A directory that is a link now leads elsewhere: nothing below it belongs to the store.
            else if (entry.Parent is { Store.IsDirectory: true } parent && scan.Add(cursor, entry)) parent.ChildCount++;
        }
        LookForMore(cursor, entries);
    }

    private void AddRoot(FileHandle store, MergeEntry entry)
    {
        var status = Syscall.FStat(store);
        entry.Store = MayBe(entry, status) ? Signature(store, status) : EntrySignature.Unread(Kind(status.Type));
    }

    /// <summary>False: the store has no such name.</summary>
    private bool Add(DirectoryCursor cursor, MergeEntry entry)
    {
        var (directory, name) = cursor.Parent(entry.Name);
        if (Syscall.TryStatAt(directory, name) is not { } status) return false;
        if (!MayBe(entry, status)) entry.Store = EntrySignature.Unread(Kind(status.Type));
        else if (status.Type != FileType.Directory) entry.Store = Signature(directory, name, status);
        else if (cursor.TryOpen(entry.Name) is { } opened) entry.Store = Signature(opened, status);
        return true;
    }

    /// <summary>The signature of a directory.</summary>
    /// <param name="directory">Opened for reading.</param>
    /// <param name="status">Its status.</param>
    public EntrySignature Signature(FileHandle directory, FileStatus status)
    {
        var digest = Begin(status);
        ExtendedAttributes.AddTo(digest, directory);
        return EntrySignature.Of(Kind(status.Type), 0, digest.Finish());
    }

    /// <summary>The signature of a file in a directory, which may be a link itself.</summary>
    private EntrySignature Signature(FileHandle directory, string name, FileStatus status)
    {
        var digest = Begin(status);
        if (status.Type == FileType.Regular)
        {
            using var file = Syscall.OpenAt(directory, name, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking);
            var size = Content(file, digest);
            ExtendedAttributes.AddTo(digest, file);
            return EntrySignature.Of('f', size, digest.Finish());
        }
        if (status.Type == FileType.Symlink) digest.Append(FileName.Encode(Syscall.ReadLinkAt(directory, name)));
        ExtendedAttributes.AddTo(digest, directory, name);
        return EntrySignature.Of(Kind(status.Type), 0, digest.Finish());
    }

    private static Sha256 Begin(FileStatus status)
    {
        var digest = new Sha256();
        var kind = Kind(status.Type);
        Span<byte> head = stackalloc byte[32];
        head.Clear();
        head[0] = (byte)kind;
        // The mode of a link has no meaning, and file systems report different ones.
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], status.Type == FileType.Symlink ? 0 : status.Mode);
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], status.Uid);
        BinaryPrimitives.WriteInt32LittleEndian(head[12..], status.Gid);
        BinaryPrimitives.WriteUInt64LittleEndian(head[16..], kind is 'b' or 'c' ? status.RDevice : 0);
        digest.Append(head);
        return digest;
    }

    private void Directory(FileHandle directory, string name, FileStatus status)
    {
        entries.Add(new MergeEntry(name) { Image = Signature(directory, status) });
        if (status.Device != device) return;
        foreach (var child in Syscall.ReadDirectory(directory))
        {
            if (Syscall.TryStatAt(directory, child) is not { Type: not FileType.Unknown } found) continue;
            var childName = name.Length == 0 ? child : $"{name}/{child}";
            if (found.Type == FileType.Directory)
            {
                using var opened = Syscall.OpenDirectoryAt(directory, child);
                Directory(opened, childName, found);
            }
            else
            {
                var entry = new MergeEntry(childName) { Image = Signature(directory, child, found), HardLink = found.HardLink };
                entry.AllocatedBytes = found.Allocated;
                entries.Add(entry);
            }
        }
    }

    private long Content(FileHandle file, Sha256 digest)
    {
        buffer ??= new byte[1 << 16];
        long size = 0;
        while (true)
        {
            var n = Syscall.Read(file, buffer);
            if (n == 0) return size;
            digest.Append(buffer.AsSpan(0, n));
            size += n;
        }
    }

    private static bool MayBe(MergeEntry entry, FileStatus status)
    {
        if (MayBe(entry.Image, status)) return true;
        foreach (var accepted in entry.Base ?? [])
            if (MayBe(accepted, status)) return true;
        return false;
    }

    private static bool MayBe(EntrySignature signature, FileStatus status) =>
        signature.Kind == Kind(status.Type) && (status.Type != FileType.Regular || signature.Size == status.Size);

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

    private static char Kind(FileType type) => type switch
    {
        FileType.Regular => 'f',
        FileType.Directory => 'd',
        FileType.Symlink => 'l',
        FileType.CharacterDevice => 'c',
        FileType.BlockDevice => 'b',
        FileType.Fifo => 'p',
        FileType.Socket => 's',
        _ => '?',
    };
}
