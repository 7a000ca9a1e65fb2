using System.IO.Compression;
using KairosBoot.Plan;
using SharpCompress.Compressors.Xz;
using ZstdSharp;

namespace KairosBoot.Image;

/// <summary>Reads a module file plain, however the distribution packed it: the initrd is compressed as a whole.</summary>
public static class ModuleContent
{
    /// <exception cref="OperatorException">The file is missing, or does not hold what its suffix says.</exception>
    public static byte[] Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            using var plain = Path.GetExtension(path) switch
            {
                ".xz" => new XZStream(file),
                ".zst" => new DecompressionStream(file),
                ".gz" => new GZipStream(file, CompressionMode.Decompress),
                _ => (Stream)file,
            };
            using var content = new MemoryStream();
            plain.CopyTo(content);
            return IsElf(content) ? content.ToArray() : throw new InvalidDataException("no ELF header");
        }
        catch (FileNotFoundException)
        {
            throw new OperatorException(
                $"modules.dep names {path}, which is not there", "install the whole kernel package, or run depmod for the tree again");
        }
        catch (Exception damage) when (damage is not (UnauthorizedAccessException or OperatorException))
        {
            throw new OperatorException($"{path} is not a kernel module: {damage.Message}", "install the kernel package again");
        }
    }

    private static bool IsElf(MemoryStream content) =>
        content.Length > 4 && content.GetBuffer().AsSpan(0, 4).SequenceEqual("\u007fELF"u8);
}
