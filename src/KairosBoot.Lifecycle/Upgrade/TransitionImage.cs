using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>The new image on its way to the disk: filled, without holes, and read back.</summary>
internal sealed class TransitionImage(string path, ProgressReport progress, CancellationToken cancellationToken)
{
    private const int PieceSize = 4 << 20;
    private const int Readable = Octal.O644;

    /// <summary>Copies a finished image.</summary>
    /// <exception cref="OperatorException">There is not as much of it as it says, or more.</exception>
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
            // Zeros too: GRUB takes blocks that are set aside and not written for their content.
            Syscall.PWriteAll(to, piece.AsSpan(0, read), done);
            progress("copying", done + read, size);
        }

        if (done != size || Syscall.FStat(from).Size != size)
        {
            throw new OperatorException($"{source} has {ByteSize.Text(size)}, but {(done < size ? $"reading ended after {done} bytes" : "another program is writing to it")}",
                "copy it again and compare its checksum with the publisher's");
        }

        Syscall.FSync(to);
    }

    /// <summary>Writes zeros where a tool has left blocks out, and sees everything to the disk.</summary>
    internal void Settle()
    {
        using var file = Syscall.Open(path, OpenFlags.ReadWrite);
        var size = Syscall.FStat(file).Size;
        // A block that was only read counts as content while it is in memory.
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

    /// <summary>Reads it from the disk, and holds that against its seal, or where it has none, against what was written.</summary>
    /// <param name="source">The image it is a copy of; null: of none.</param>
    /// <exception cref="OperatorException">The disk gives back something else, or the source was not what its seal says.</exception>
    internal void ReadBack(string? source)
    {
        var (seal, length) = (SealedImage.Read(path), Syscall.TryStat(path)!.Value.Size);
        var size = seal?.Size ?? length;
        var written = seal?.Sha256 ?? SealedImage.Digest(path, size, (_, _, _) => { }, cancellationToken);
        using (var file = Syscall.Open(path, OpenFlags.ReadOnly))
        {
            Syscall.DropCached(file);
        }

        if (SealedImage.Digest(path, size, progress, cancellationToken) == written && SealedImage.Read(path)?.Sha256 == seal?.Sha256)
            return;
        if (source is not null) SealedImage.Check(source, cancellationToken);
        throw new OperatorException($"{path}: read-back verification failed", "replace the disk or its controller; the system is unchanged");
    }
}
