using System.IO.Compression;
using KairosBoot.Linux;
using KairosBoot.Plan;
using SharpCompress.Compressors.Xz;
using ZstdSharp;

namespace KairosBoot.Image;

/// <summary>Reads a module file and unpacks it, because the initrd is compressed as a whole.</summary>
internal static class ModuleContent
{
    /// <param name="root">The tree.</param>
    /// <param name="path">Of the file, in the tree.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="OperatorException">The file is missing, or its format does not match its suffix.</exception>
    internal static byte[] Read(string root, string path, CancellationToken cancellationToken)
    {
        var place = ToolText.Show($"{root.TrimEnd('/')}/{path}");
        var packed = UntrustedTree.TryRead(root, path, ReadLimit.KernelModule) ?? throw new OperatorException(
            $"modules.dep lists {place}, which does not exist", "install the complete kernel package, or run depmod for the tree again");
        try
        {
            using var file = new MemoryStream(packed);
            using var plain = Path.GetExtension(path) switch
            {
                ".xz" => new XZStream(file),
                ".zst" => new DecompressionStream(file),
                ".gz" => new GZipStream(file, CompressionMode.Decompress),
                _ => (Stream)file,
            };
            var content = BoundedStream.ReadAll(plain, ReadLimit.KernelModule, cancellationToken);
            return content.AsSpan().StartsWith("\u007fELF"u8) ? content : throw new InvalidDataException("no ELF header");
        }
        catch (Exception damage) when (damage is not (UnauthorizedAccessException or OperatorException or OperationCanceledException))
        {
            throw new OperatorException($"{place} is not a kernel module: {damage.Message}", "install the kernel package again");
        }
    }
}
