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
        var size = HostFile.Size(image);
        using (var content = Syscall.Open(image, OpenFlags.ReadOnly))
        {
            // The disk writes while the digest is computed from the page cache.
            Syscall.StartWriting(content);
        }

        var seal = new ImageSeal(size, Digest(image, size, (_, _, _) => { }, cancellationToken));
        using var file = Syscall.Open(image, OpenFlags.WriteOnly | OpenFlags.Append);
        Syscall.WriteAll(file, seal.Write());
    }

    /// <returns>Null if the image has no seal, because another program built it.</returns>
    public static ImageSeal? Read(string image)
    {
        using var file = HostFile.OpenImage(image);
        var size = Syscall.FStat(file).Size;
        if (size <= ImageSeal.Length) return null;
        var last = new byte[ImageSeal.Length];
        Syscall.PRead(file, last, size - last.Length);
        return ImageSeal.Parse(last) is { } seal && seal.Size == size - ImageSeal.Length ? seal : null;
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
        // openssl uses the processor's SHA instructions, and so does sha256sum on some distributions: ten times as fast as the built-in
        // code.
        var (tool, arguments) = Tool.OpenSsl.IsInstalled ? (Tool.OpenSsl, new ToolArguments().Options("dgst", "-sha256", "-r"))
            : (Tool.Sha256Sum, new ToolArguments());
        if (!tool.IsInstalled) return BuiltInDigest(image, size, progress, cancellationToken);

        // A whole file is passed by name, because a socket takes longer. Names with these characters change the tool's output
        // format.
        var path = Path.GetFullPath(image);
        var isWhole = HostFile.Size(path) == size && path.IndexOfAny(['\\', '\n', '\r']) < 0;
        // Ignore the machine's openssl configuration, which is for certificates.
        (string, string) environment = ("OPENSSL_CONF", "/dev/null");
        if (isWhole) return Checked(tool.Run(arguments.Path(path), cancellationToken, environment));
        using var file = Syscall.Open(image, OpenFlags.ReadOnly);
        long done = 0;
        return Checked(tool.Run(arguments, cancellationToken, Send, directory: null, environment));

        long? Send(FileHandle socket)
        {
            progress("checking", done, size);
            var length = done < size ? Syscall.TrySend(file, done, size - done, socket) : null;
            done += length ?? 0;
            return length;
        }

        string Checked((string Text, string Errors) output) =>
            output.Text.Length > 64 ? output.Text[..64] : throw tool.Failed(output.Text, path);
    }

    private static string BuiltInDigest(string image, long size, ProgressReport progress, CancellationToken cancellationToken)
    {
        using var file = Syscall.Open(image, OpenFlags.ReadOnly);
        var digest = new Sha256();
        var piece = new byte[PieceSize];
        for (long done = 0; done < size;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var length = Syscall.PRead(file, piece.AsSpan(0, (int)Math.Min(piece.Length, size - done)), done);
            if (length == 0) break;
            digest.Append(piece.AsSpan(0, length));
            done += length;
            progress("checking", done, size);
        }

        return Convert.ToHexStringLower(digest.Finish());
    }
}
