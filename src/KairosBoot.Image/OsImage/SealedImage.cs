using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Gives an image the seal that <see cref="ImageSeal"/> describes, and holds an image against it.</summary>
public static class SealedImage
{
    private const int PieceSize = 1 << 20;

    /// <summary>Puts a seal behind the file system in a file.</summary>
    internal static void Seal(string image, CancellationToken cancellationToken)
    {
        var size = new FileInfo(image).Length;
        using (var content = Syscall.Open(image, OpenFlags.ReadOnly))
        {
            // The disk has time for that while the digest is made of what is in memory.
            Syscall.StartWriting(content);
        }

        var seal = new ImageSeal(size, Digest(image, size, (_, _, _) => { }, cancellationToken));
        using var file = new FileStream(image, FileMode.Append);
        file.Write(seal.Write());
    }

    /// <summary>Null: the image has no seal, as one that another program made.</summary>
    public static ImageSeal? Read(string image)
    {
        using var file = File.OpenRead(image);
        if (file.Length <= ImageSeal.Length) return null;
        var last = new byte[ImageSeal.Length];
        file.Position = file.Length - last.Length;
        file.ReadExactly(last);
        return ImageSeal.Parse(last) is { } seal && seal.Size == file.Length - ImageSeal.Length ? seal : null;
    }

    /// <summary>Holds an image against its seal; one without is taken as it is.</summary>
    /// <exception cref="OperatorException">It is not what its seal says.</exception>
    internal static void Check(string image, CancellationToken cancellationToken)
    {
        if (Read(image) is { } seal && Digest(image, seal.Size, (_, _, _) => { }, cancellationToken) != seal.Sha256)
        {
            throw new OperatorException($"{image} does not match its seal: it is damaged, or was changed after it was built",
                "copy or build the image again; if it was changed on purpose, remove the seal: truncate -s -4096 FILE");
        }
    }

    /// <summary>What <c>kboot status</c> calls the image: 16 hexadecimal digits.</summary>
    public static string Id(string image) => BootCounter.IdOf(ImageIdentity.Of(image));

    /// <summary>SHA-256 of the first bytes of a file: 64 hexadecimal digits.</summary>
    internal static string Digest(string image, long size, ProgressReport progress, CancellationToken cancellationToken)
    {
        // The first uses the processor's own instructions for it, the second on some distributions: ten times as fast as what can be linked in here.
        var (tool, arguments) = Tool.OpenSsl.IsInstalled ? (Tool.OpenSsl, new ToolArguments().Options("dgst", "-sha256", "-r")) : (Tool.Sha256Sum, new ToolArguments());
        if (!tool.IsInstalled)
        {
            var digest = new Sha256();
            ReadPieces(image, size, piece => digest.Append(piece), progress, cancellationToken);
            return Convert.ToHexStringLower(digest.Finish());
        }

        // A whole file goes to the tool by its name: a pipe takes as long as the digest. (Some names would come back with the digest in another form.)
        var path = Path.GetFullPath(image);
        var isWhole = new FileInfo(path).Length == size && path.IndexOfAny(['\\', '\n', '\r']) < 0;
        // Without the machine's own settings, which are about certificates.
        (string, string) environment = ("OPENSSL_CONF", "/dev/null");
        var said = (isWhole ? tool.Run(arguments.Path(path), cancellationToken, environment)
            : tool.Run(arguments, cancellationToken, input => ReadPieces(image, size, input.Write, progress, cancellationToken), directory: null, environment)).Output;
        return said.Length > 64 ? said[..64] : throw tool.Failed(said);
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
