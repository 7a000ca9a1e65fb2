using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>The new image before the switch: written without holes, and read back from the disk.</summary>
internal sealed class TransitionImage(string path, ProgressReport progress, CancellationToken cancellationToken)
{
    private const int PieceSize = 4 << 20;
    private const int Readable = Octal.O644;

    /// <summary>Copies a finished image.</summary>
    /// <exception cref="OperatorException">The file changed while it was copied.</exception>
    internal void CopyFrom(string source)
    {
        using var from = Syscall.Open(source, OpenFlags.ReadOnly);
        using var to = Syscall.Open(path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, Readable);
        var size = Syscall.FStat(from).Size;
        Syscall.Allocate(to, size);
        var piece = new byte[PieceSize];
        long done = 0;
        for (int read; (read = Syscall.PRead(from, piece.AsSpan(0, (int)Math.Min(PieceSize, size - done)), done)) > 0; done += read)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // Write zeros too: GRUB reads allocated but unwritten blocks as if they had content.
            Syscall.PWriteAll(to, piece.AsSpan(0, read), done);
            progress("copying", done + read, size);
        }

        if (done != size || Syscall.FStat(from).Size != size)
        {
            throw new OperatorException($"{source} has {ByteSize.Text(size)}, but " +
                $"{(done < size ? $"reading ended after {done} bytes" : "another program is writing to it")}",
                "copy it again and compare its checksum with the publisher's");
        }

        Syscall.FSync(to);
    }

    /// <summary>Copies an image whose length is not known before its end.</summary>
    /// <exception cref="OperatorException">Its compressed data is damaged.</exception>
    internal void CopyFrom(ImageStream source)
    {
        using var to = Syscall.Open(path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, Readable);
        var piece = new byte[PieceSize];
        long done = 0;
        for (int read; (read = source.Read(piece)) > 0; done += read)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Syscall.PWriteAll(to, piece.AsSpan(0, read), done);
            progress("copying", 0, 1);
        }

        Syscall.FSync(to);
    }

    /// <summary>Writes zeros into the holes that a tool has left, and writes everything to the disk.</summary>
    internal void FillHoles()
    {
        using var file = Syscall.Open(path, OpenFlags.ReadWrite);
        var size = Syscall.FStat(file).Size;
        // A hole that was read counts as data while it is in the page cache.
        Syscall.FSync(file);
        Syscall.DropCached(file);
        var zeros = new byte[PieceSize];
        for (long at = 0; at < size;)
        {
            var (start, end) = Syscall.NextData(file, at, size);
            for (; at < start; at += Math.Min(zeros.Length, start - at))
            {
                cancellationToken.ThrowIfCancellationRequested();
                Syscall.PWriteAll(file, zeros.AsSpan(0, (int)Math.Min(zeros.Length, start - at)), at);
            }

            at = Math.Max(at, end);
        }

        progress("writing", size, size);
        Syscall.FSync(file);
    }

    /// <summary>Reads the image from the disk and compares it with its seal, or with what was written if it has none.</summary>
    /// <param name="source">The image that was copied; null: the image was built.</param>
    /// <param name="isStream">The source cannot be read again.</param>
    /// <returns>SHA-256 of an image without a seal; null: it has one.</returns>
    /// <exception cref="OperatorException">The disk returns other bytes, or the source did not match its seal.</exception>
    internal string? ReadBack(string? source, bool isStream)
    {
        var (seal, length) = (SealedImage.Read(path), Syscall.TryStat(path)!.Value.Size);
        var size = seal?.Size ?? length;
        var written = seal?.Sha256 ?? SealedImage.Digest(path, size, (_, _, _) => { }, cancellationToken);
        using (var file = Syscall.Open(path, OpenFlags.ReadOnly))
        {
            Syscall.DropCached(file);
        }

        if (SealedImage.Digest(path, size, progress, cancellationToken) == written && SealedImage.Read(path)?.Sha256 == seal?.Sha256)
            return seal is null ? written : null;
        if (isStream)
        {
            throw new OperatorException($"{source} does not match its seal, or the disk does not return what was written",
                "send the image again; if the error repeats with an image that is intact, replace the disk; the system is unchanged");
        }

        if (source is not null) SealedImage.Check(source, cancellationToken);
        throw new OperatorException($"{path}: read-back verification failed",
            "replace the disk or its controller; the system is unchanged");
    }
}
