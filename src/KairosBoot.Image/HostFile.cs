using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// Files of the build host whose directory no other user can change: outputs and scratch files. The library's calls would throw
/// exceptions without an errno, from which no advice follows.
/// </summary>
public static class HostFile
{
    private const int AnyMode = Octal.O666;
    internal const uint PIPEFS_MAGIC = 0x50495045; // linux/magic.h

    /// <summary>Creates the file, or replaces its content.</summary>
    /// <exception cref="SyscallException">It cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        using var file = Syscall.Open(path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate, AnyMode);
        Syscall.WriteAll(file, content);
    }

    /// <summary>As the other overload, as UTF-8.</summary>
    public static void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Sets the size of a file, which is created if it is missing. New bytes are zero.</summary>
    internal static void SetSize(string path, long bytes)
    {
        using var file = Syscall.Open(path, OpenFlags.WriteOnly | OpenFlags.Create, AnyMode);
        Syscall.SetSize(file, bytes);
    }

    /// <exception cref="OperatorException">It does not exist, is not a regular file, or is too large.</exception>
    internal static byte[] Read(string path) => BoundedFile.TryRead(path, ReadLimit.SystemFile)
        ?? throw new OperatorException($"{path} does not exist", "run kboot again; let no other program remove its files");

    /// <summary>The content of a regular file, or of a pipe of this process such as /dev/stdin; null: nothing is at the path.</summary>
    /// <exception cref="OperatorException">It is another kind of file, or too large.</exception>
    public static byte[]? ReadOrStream(string path, ReadLimit limit)
    {
        using var found = Syscall.TryOpen(path, OpenFlags.Path);
        if (found is null) return null;
        // A FIFO in a directory may never get a writer.
        if (Syscall.FStat(found).Type != FileType.Fifo || Syscall.FileSystemType(found) != PIPEFS_MAGIC)
            return BoundedFile.Read(found, limit);
        using var pipe = Syscall.Reopen(found, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        Syscall.SetBlocking(pipe);
        using var stream = new HandleStream(pipe);
        try { return BoundedStream.ReadAll(stream, limit); }
        catch (InvalidDataException)
        {
            throw new OperatorException($"{path} has more than {limit.Bytes} bytes, the limit for {limit.What}", "make it smaller");
        }
    }

    /// <summary>Opens an image.</summary>
    /// <exception cref="OperatorException">It does not exist, or is neither a regular file nor a disk.</exception>
    internal static FileHandle OpenImage(string path)
    {
        const string Build = "build one: kboot image build --root DIR --output FILE";
        using var found = Syscall.TryOpen(path, OpenFlags.Path) ?? throw new OperatorException(Syscall.TryLStat(path) is null
            ? $"the image {path} does not exist" : $"the image {path} is a link to a file that does not exist", Build);
        return Syscall.FStat(found).Type switch
        {
            // Refuses files that the kernel generates: a read of /proc/kmsg waits for the next message.
            FileType.Regular => BoundedFile.Open(found, ReadLimit.Image),
            FileType.BlockDevice => Syscall.Reopen(found, OpenFlags.ReadOnly),
            _ => throw new OperatorException($"the image {path} is not a regular file", Build),
        };
    }

    /// <summary>Size of a file through links; 0 if it does not exist.</summary>
    internal static long Size(string path) => Syscall.TryStat(path)?.Size ?? 0;
}
