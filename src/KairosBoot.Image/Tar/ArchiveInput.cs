using KairosBoot.Linux;
using KairosBoot.Plan;
using ZstdSharp;

namespace KairosBoot.Image;

/// <summary>Opens an archive that is a file or a pipe, plain or compressed.</summary>
internal static class ArchiveInput
{
    private const string Fix = "give --tar a container export: podman export CONTAINER > FILE";
    private const int MagicLength = 6, PieceSize = 1 << 17, OnlyOwner = Octal.O600;

    /// <summary>
    /// Programs that check what they decompress up to the end, as GNU tar starts them. The library's GZipStream accepts a file that was
    /// cut. zstd is read by a library that does check, so that a node needs no program for it.
    /// </summary>
    private static readonly (byte[] Magic, Tool Tool)[] Compressions =
    [
        ([0x1F, 0x8B], Tool.Gzip), ([0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0], Tool.Xz),
        ([(byte)'B', (byte)'Z', (byte)'h'], Tool.Bzip2), ([0x04, 0x22, 0x4D, 0x18], Tool.Lz4),
    ];

    private static ReadOnlySpan<byte> ZstdMagic => [0x28, 0xB5, 0x2F, 0xFD];

    /// <param name="archive">Path of a regular file or of a pipe.</param>
    /// <param name="spool">A file to create for the content of a pipe; it is removed at once.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="OperatorException">The file is neither, or the program for its compression is missing.</exception>
    internal static Stream Open(string archive, string spool, CancellationToken cancellationToken)
    {
        using var found = Syscall.TryOpen(archive, OpenFlags.Path) ?? throw new OperatorException($"{archive} does not exist", Fix);
        var file = Syscall.FStat(found).Type switch
        {
            // Through the descriptor: the file of that name may have been replaced.
            FileType.Regular => Syscall.Reopen(found, OpenFlags.ReadOnly),
            // A pipe of this process has a writer, or is empty. A FIFO in a directory may never get one.
            FileType.Fifo when Syscall.FileSystemType(found) == HostFile.PIPEFS_MAGIC => Spool(archive, found, spool, cancellationToken),
            FileType.Fifo => throw new OperatorException($"{archive} is not a regular file", $"use --tar /dev/stdin <{archive}"),
            _ => throw new OperatorException($"{archive} is not a regular file and not a pipe", Fix),
        };
        var magic = new byte[MagicLength];
        var length = Syscall.PRead(file, magic, 0);
        if (magic.AsSpan(0, length).StartsWith(ZstdMagic)) return new DecompressionStream(new HandleStream(file));
        foreach (var (start, tool) in Compressions)
        {
            if (!magic.AsSpan(0, length).StartsWith(start)) continue;
            using (file) return new FilteredStream(tool, tool.Filter(["-dc"], file, cancellationToken));
        }

        return new HandleStream(file);
    }

    // A compressed archive is recognized by its first bytes, which could not be returned to a pipe.
    private static FileHandle Spool(string archive, FileHandle pipe, string spool, CancellationToken cancellationToken)
    {
        using var input = Syscall.Reopen(pipe, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        Syscall.SetBlocking(input);
        var file = Syscall.Open(spool, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, OnlyOwner);
        Syscall.Unlink(spool);
        // Another process reads the pipe, because it can be killed while it waits.
        using var stream = new FilteredStream(Tool.Cat, Tool.Cat.Filter([], input, cancellationToken));
        var piece = new byte[PieceSize];
        for (int length; (length = stream.Read(piece)) > 0;) Syscall.WriteAll(file, piece.AsSpan(0, length));
        cancellationToken.ThrowIfCancellationRequested();
        if (Syscall.FStat(file).Size == 0) throw new OperatorException($"{archive} is a pipe and nothing was written to it", Fix);
        Syscall.Rewind(file);
        return file;
    }
}
