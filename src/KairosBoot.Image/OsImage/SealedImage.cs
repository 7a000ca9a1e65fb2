using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Adds an <see cref="ImageSeal"/> to an image, and compares an image with its seal.</summary>
public static class SealedImage
{
    private const int PieceSize = 1 << 20;

    /// <summary>Appends a seal to an image.</summary>
    internal static void Seal(string image, CancellationToken cancellationToken)
    {
        var size = new FileInfo(image).Length;
        using (var content = Syscall.Open(image, OpenFlags.ReadOnly))
        {
            // The disk writes while the digest is computed from the page cache.
            Syscall.StartWriting(content);
        }

        var seal = new ImageSeal(size, Digest(image, size, (_, _, _) => { }, cancellationToken));
        using var file = new FileStream(image, FileMode.Append);
        file.Write(seal.Write());
    }

    /// <returns>Null if the image has no seal, because another program built it.</returns>
    public static ImageSeal? Read(string image)
    {
        using var file = File.OpenRead(image);
        if (file.Length <= ImageSeal.Length) return null;
        var last = new byte[ImageSeal.Length];
        file.Position = file.Length - last.Length;
        file.ReadExactly(last);
        return ImageSeal.Parse(last) is { } seal && seal.Size == file.Length - ImageSeal.Length ? seal : null;
    }

    /// <summary>Compares an image with its seal. An image without a seal is accepted.</summary>
    /// <exception cref="OperatorException">The image does not match its seal.</exception>
    internal static void Check(string image, CancellationToken cancellationToken)
    {
        if (Read(image) is { } seal && Digest(image, seal.Size, (_, _, _) => { }, cancellationToken) != seal.Sha256)
        {
            throw new OperatorException($"{image} does not match its seal: it is damaged, or was changed after it was built",
                "copy or build the image again; if it was changed on purpose, remove the seal: truncate -s -4096 FILE");
        }
    }

    /// <summary>The id of the image in <c>kboot status</c>: 16 hexadecimal digits.</summary>
    public static string Id(string image) => BootCounter.IdOf(ImageIdentity.Of(image));

    /// <summary>SHA-256 of the first bytes of a file: 64 hexadecimal digits.</summary>
    internal static string Digest(string image, long size, ProgressReport progress, CancellationToken cancellationToken)
    {
        // openssl uses the processor's SHA instructions, and so does sha256sum on some distributions: ten times as fast as the built-in code.
        var (tool, arguments) = Tool.OpenSsl.IsInstalled ? (Tool.OpenSsl, new ToolArguments().Options("dgst", "-sha256", "-r")) : (Tool.Sha256Sum, new ToolArguments());
        if (!tool.IsInstalled)
        {
            var digest = new Sha256();
            ReadPieces(image, size, piece => digest.Append(piece), progress, cancellationToken);
            return Convert.ToHexStringLower(digest.Finish());
        }

        // A whole file is passed by name, because a pipe would double the time. Names with these characters change the tool's output format.
        var path = Path.GetFullPath(image);
        var isWhole = new FileInfo(path).Length == size && path.IndexOfAny(['\\', '\n', '\r']) < 0;
        // Ignore the machine's openssl configuration, which is for certificates.
        (string, string) environment = ("OPENSSL_CONF", "/dev/null");
        var output = (isWhole ? tool.Run(arguments.Path(path), cancellationToken, environment)
            : tool.Run(arguments, cancellationToken, input => ReadPieces(image, size, input.Write, progress, cancellationToken), directory: null, environment)).Output;
        return output.Length > 64 ? output[..64] : throw tool.Failed(output);
    }

    private static void ReadPieces(string image, long size, Action<ReadOnlySpan<byte>> take, ProgressReport progress, CancellationToken cancellationToken)
    {
        using var file = Syscall.Open(image, OpenFlags.ReadOnly);
        var piece = new byte[PieceSize];
        long done = 0;
        for (int read; done < size && (read = Syscall.PRead(file, piece.AsSpan(0, (int)Math.Min(PieceSize, size - done)), done)) > 0; done += read)
        {
            cancellationToken.ThrowIfCancellationRequested();
            take(piece.AsSpan(0, read));
            progress("checking", done + read, size);
        }
    }
}
