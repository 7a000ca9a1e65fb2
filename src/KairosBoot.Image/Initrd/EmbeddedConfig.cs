using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;
using SharpCompress.Compressors.Xz;

namespace KairosBoot.Image;

/// <summary>The configuration that a kernel with CONFIG_IKCONFIG has in itself, between two marks and compressed with gzip.</summary>
internal static class EmbeddedConfig
{
    private static ReadOnlySpan<byte> Start => "IKCFG_ST"u8;

    /// <summary>Null: the kernel has none, or is packed in a way that is not known here.</summary>
    /// <param name="file">A kernel for a boot loader.</param>
    internal static string? Read(byte[] file)
    {
        try
        {
            var kernel = Unpack(KernelImage.Payload(file) is var (offset, length) ? file.AsMemory(offset, length) : file);
            var at = kernel.Span.IndexOf(Start);
            return at < 0 ? null
                : Encoding.UTF8.GetString(GzipMember.Unpack(kernel[(at + Start.Length)..], ReadLimit.KernelConfig).Content);
        }
        // Whether the kernel is damaged is another check.
        catch (Exception damage) when (damage is not (OutOfMemoryException or OperatorException)) { return null; }
    }

    private static ReadOnlyMemory<byte> Unpack(ReadOnlyMemory<byte> packed)
    {
        var start = packed.Span;
        if (Lz4Archive.StartsAt(start)) return Lz4Archive.Unpack(WithoutSize(packed).Span, ReadLimit.Kernel).Content;
        if (start.StartsWith((ReadOnlySpan<byte>)[0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]))
        {
            using var xz = new XZStream(new MemoryStream(packed.ToArray()));
            return BoundedStream.ReadAll(xz, ReadLimit.Kernel);
        }

        return InitrdPacking.TryUnpack(packed) is var (content, _, _) ? content : packed;
    }

    // The kernel's build appends the unpacked size, which is not part of the format.
    private static ReadOnlyMemory<byte> WithoutSize(ReadOnlyMemory<byte> packed) => packed[..^sizeof(uint)];
}
