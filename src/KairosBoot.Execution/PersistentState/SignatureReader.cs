using System.Buffers.Binary;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>Reads files for their signatures: kind, mode, owner, content and extended attributes.</summary>
/// <param name="key">The key of the machine.</param>
internal sealed class SignatureReader(SignatureKey key)
{
    // One for all paths of a pass: each new one is cleared.
    private byte[]? buffer;

    public string KeyId => key.Id;

    public EntryDigest Digest { get; } = new(key);

    /// <summary>The signature of a directory.</summary>
    /// <param name="directory">Opened for reading.</param>
    /// <param name="status">Its status.</param>
    public EntrySignature OfDirectory(FileHandle directory, FileStatus status)
    {
        Start(status);
        ExtendedAttributes.AddTo(Digest, directory);
        return Digest.Finish('d', 0);
    }

    /// <summary>The signature of a directory without extended attributes.</summary>
    public EntrySignature OfPlainDirectory(FileStatus status)
    {
        Start(status);
        return Digest.Finish('d', 0);
    }

    /// <summary>The signature of a file in a directory, which may be a link itself.</summary>
    public EntrySignature OfFile(FileHandle directory, string name, FileStatus status)
    {
        if (status.Type == FileType.Regular)
        {
            using var file = Open(directory, name);
            return OfContent(file, status, copy: null);
        }
        Start(status);
        if (status.Type == FileType.Symlink) Digest.Append(FileName.Encode(Syscall.ReadLinkAt(directory, name)));
        ExtendedAttributes.AddTo(Digest, directory, name);
        return Digest.Finish(Kind(status.Type), 0);
    }

    public static FileHandle Open(FileHandle directory, string name) =>
        Syscall.OpenAt(directory, name, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking);

    /// <summary>The signature of a regular file.</summary>
    /// <param name="file">Opened for reading, at its start.</param>
    /// <param name="status">Its status.</param>
    /// <param name="copy">Gets the content; null: nothing does.</param>
    public EntrySignature OfContent(FileHandle file, FileStatus status, FileHandle? copy)
    {
        Start(status);
        buffer ??= new byte[1 << 16];
        long size = 0;
        while (Syscall.Read(file, buffer) is > 0 and var n)
        {
            Digest.Append(buffer.AsSpan(0, n));
            if (copy is not null) Syscall.WriteAll(copy, buffer.AsSpan(0, n));
            size += n;
        }
        ExtendedAttributes.AddTo(Digest, file);
        return Digest.Finish('f', size);
    }

    private void Start(FileStatus status)
    {
        Digest.Start();
        var kind = Kind(status.Type);
        Span<byte> head = stackalloc byte[32];
        head.Clear();
        head[0] = (byte)kind;
        // The mode of a link has no meaning, and file systems report different ones.
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], status.Type == FileType.Symlink ? 0 : status.Mode);
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], status.Uid);
        BinaryPrimitives.WriteInt32LittleEndian(head[12..], status.Gid);
        BinaryPrimitives.WriteUInt64LittleEndian(head[16..], kind is 'b' or 'c' ? status.RDevice : 0);
        Digest.Append(head);
    }

    public static char Kind(FileType type) => type switch
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
