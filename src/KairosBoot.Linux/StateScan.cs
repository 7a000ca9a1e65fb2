using System.Buffers.Binary;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>Reads what a merge decides from: the image's side and the store's.</summary>
internal sealed class StateScan
{
    private byte[]? buffer;
    private readonly List<StateEntry> entries = [];
    private ulong device;

    /// <summary>Everything below a path of the image, in the order of a walk; nothing where it has no such directory.</summary>
    public static List<StateEntry> OfImage(string path)
    {
        var scan = new StateScan();
        if (Syscall.TryStat(path) is { Type: FileType.Directory } root)
        {
            scan.device = root.Device;
            scan.Directory(path, "", root);
        }
        return scan.entries;
    }

    /// <summary>
    /// Fills in what the store has. Only names that an image had are looked at, and only those files are read that may still be what it had;
    /// what the user made is left alone, however much it is.
    /// </summary>
    public static void AddStore(string store, List<StateEntry> entries)
    {
        var scan = new StateScan();
        foreach (var entry in entries)
        {
            // A directory that is a link now leads somewhere else: nothing below it is the store's.
            if (entry.Name.Length > 0 && entry.Parent is not { Store.IsDirectory: true }) continue;
            var path = entry.Name.Length == 0 ? store : $"{store}/{entry.Name}";
            if ((entry.Name.Length == 0 ? Syscall.TryStat(path) : Syscall.TryLStat(path)) is not { } status) continue;
            entry.Store = MayBe(entry, status) ? scan.Signature(path, status) : StateSignature.Unread(Kind(status.Type));
            if (entry.Parent is { } parent) parent.Holds++;
        }
        LookForMore(store, entries);
    }

    /// <summary>What a file is. The root of a tree may be a link to it.</summary>
    public StateSignature Signature(string path, FileStatus status)
    {
        var digest = new Sha256();
        var kind = Kind(status.Type);
        Span<byte> head = stackalloc byte[32];
        head.Clear();
        head[0] = (byte)kind;
        // A link's mode means nothing, and file systems make up different ones.
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], status.Type == FileType.Symlink ? 0 : status.Mode);
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], status.Uid);
        BinaryPrimitives.WriteInt32LittleEndian(head[12..], status.Gid);
        BinaryPrimitives.WriteUInt64LittleEndian(head[16..], kind is 'b' or 'c' ? status.RDevice : 0);
        digest.Append(head);
        var size = kind == 'f' ? Content(path, digest) : 0;
        if (kind == 'l') digest.Append(FileName.Encode(Syscall.ReadLink(path)));
        ExtendedAttributes.AddTo(digest, path);
        return StateSignature.Of(kind, size, digest.Finish());
    }

    private void Directory(string path, string name, FileStatus status)
    {
        entries.Add(new StateEntry(name) { Image = Signature(path, status) });
        if (status.Device != device) return;
        foreach (var child in Syscall.ReadDirectory(path))
        {
            var (childPath, childName) = ($"{path}/{child}", name.Length == 0 ? child : $"{name}/{child}");
            if (Syscall.TryLStat(childPath) is not { Type: not FileType.Unknown } found) continue;
            if (found.Type == FileType.Directory) Directory(childPath, childName, found);
            else entries.Add(new StateEntry(childName) { Image = Signature(childPath, found), HardLink = found.HardLink, Room = found.Allocated });
        }
    }

    private long Content(string path, Sha256 digest)
    {
        using var file = Syscall.Open(path, OpenFlags.ReadOnly | OpenFlags.NoFollow);
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

    private static bool MayBe(StateEntry entry, FileStatus status)
    {
        if (MayBe(entry.Image, status)) return true;
        foreach (var accepted in entry.Base ?? [])
            if (MayBe(accepted, status)) return true;
        return false;
    }

    private static bool MayBe(StateSignature signature, FileStatus status) =>
        signature.Kind == Kind(status.Type) && (status.Type != FileType.Regular || signature.Size == status.Size);

    // Only for directories that may have to go: what is in them besides the entries is the user's.
    private static void LookForMore(string store, List<StateEntry> entries)
    {
        foreach (var entry in entries)
            if (entry.Store.IsDirectory && !entry.Image.IsDirectory && entry.Untouched)
                entry.HoldsMore = Syscall.ReadDirectory($"{store}/{entry.Name}").Count != entry.Holds;
    }

    private static char Kind(FileType type) => type switch
    {
        FileType.Regular => 'f', FileType.Directory => 'd', FileType.Symlink => 'l', FileType.CharacterDevice => 'c',
        FileType.BlockDevice => 'b', FileType.Fifo => 'p', FileType.Socket => 's', _ => '?',
    };
}
