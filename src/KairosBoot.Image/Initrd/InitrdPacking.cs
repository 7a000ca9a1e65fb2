using System.Buffers.Binary;
using System.Text;
using KairosBoot.Linux;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace KairosBoot.Image;

/// <summary>Packs and unpacks the archive of an initrd. The same archive gives the same bytes on every machine.</summary>
internal static class InitrdPacking
{
    // The block of cpio(1). The kernel reads an archive that is appended to the file only if it starts at a multiple of four bytes.
    private const int Block = 512;
    private const int ZstdLevel = 19;

    /// <param name="archive">One cpio archive.</param>
    /// <param name="compression">Not <see cref="InitrdCompression.Auto"/>.</param>
    /// <returns>The file; its length is a multiple of 512.</returns>
    internal static byte[] Pack(byte[] archive, InitrdCompression compression) => compression switch
    {
        InitrdCompression.Lz4 => Lz4Archive.Compress(archive, Block),
        // Zeros after the frame would be refused by kboot of earlier versions, which checks the image before an upgrade.
        InitrdCompression.Zstd => ZstdFrame.Pad(Zstd(archive), Block),
        InitrdCompression.Gzip => Pad(Gzip(archive)),
        _ => Pad(archive),
    };

    // The kernel ignores zeros between archives (Documentation/driver-api/early-userspace/buffer-format.rst).
    private static byte[] Pad(byte[] archive)
    {
        Array.Resize(ref archive, (archive.Length + Block - 1) / Block * Block);
        return archive;
    }

    // One thread and a fixed level, so that the bytes depend only on the input. With the checksum, the kernel detects a damaged file.
    private static byte[] Zstd(byte[] archive)
    {
        using var compressor = new Compressor(ZstdLevel);
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        return compressor.Wrap(archive).ToArray();
    }

    // .NET's own compressor is a native library, whose output depends on the processor.
    private static byte[] Gzip(byte[] archive)
    {
        using var file = new MemoryStream();
        using (var gzip = new SharpCompress.Compressors.Deflate.GZipStream(file, SharpCompress.Compressors.CompressionMode.Compress,
            SharpCompress.Compressors.Deflate.CompressionLevel.BestCompression, Encoding.ASCII, leaveOpen: true))
        {
            gzip.Write(archive, 0, archive.Length);
        }

        var bytes = file.ToArray();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), 0); // RFC 1952: the time
        return bytes;
    }

    /// <summary>Unpacks the archive at the start of a file. Null: it is not compressed, or in a way that is not known here.</summary>
    /// <param name="file">The rest of the file. It may continue after the archive.</param>
    /// <returns>The content; the length of the archive, which zeros may follow; how it was compressed.</returns>
    /// <exception cref="InvalidDataException">The archive is damaged or cut.</exception>
    /// <exception cref="ZstdException">The archive is damaged.</exception>
    internal static (ReadOnlyMemory<byte> Content, int Length, InitrdCompression Compression)? TryUnpack(ReadOnlyMemory<byte> file)
    {
        if (Lz4Archive.StartsAt(file.Span))
        {
            var (content, length) = Lz4Archive.Unpack(file.Span, ReadLimit.Initrd);
            return (content, length, InitrdCompression.Lz4);
        }

        if (ZstdFrame.StartsAt(file.Span))
        {
            var length = ZstdFrame.Length(file.Span);
            using var frame = new DecompressionStream(new MemoryStream(file[..length].ToArray()));
            return (BoundedStream.ReadAll(frame, ReadLimit.Initrd), length, InitrdCompression.Zstd);
        }

        if (!file.Span.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B, 0x08])) return null;
        // One member of RFC 1952; .NET's stream would also read those after it.
        var member = GzipMember.Unpack(file, ReadLimit.Initrd);
        return (member.Content, member.Length, InitrdCompression.Gzip);
    }
}
