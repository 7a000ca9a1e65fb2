using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>Distinguishes images without reading them completely.</summary>
public static class ImageIdentity
{
    // Contains the superblock of ext4, squashfs and erofs: with a UUID, or the time when the image was made or last written.
    private const int Start = 4096;

    /// <summary>
    /// 32 hexadecimal digits, the same at every boot. With a seal they depend on the content: a copy has the same ones in any place,
    /// until it is mounted for writing. Without a seal they depend on the file's size, time and inode and on its first 4 KiB.
    /// </summary>
    /// <exception cref="OperatorException">It is not a regular file.</exception>
    public static string Of(string image)
    {
        using var file = Open(image);
        var status = Syscall.FStat(file);
        var digest = new Sha256();
        var seal = new byte[ImageSeal.Length];
        if (status.Size > seal.Length && Syscall.PRead(file, seal, status.Size - seal.Length) == seal.Length && ImageSeal.Is(seal))
            digest.Append(seal);
        else digest.Append(Encoding.UTF8.GetBytes($"{status.Size} {status.MTimeNs} {status.Inode}\n"));
        var start = new byte[Start];
        digest.Append(start.AsSpan(0, Syscall.PRead(file, start, 0)));
        return Convert.ToHexStringLower(digest.Finish().AsSpan(0, 16));
    }

    /// <summary>
    /// Opens an image for reading. Refuses all but regular files: a FIFO in its place would block the boot of every slot.
    /// </summary>
    /// <exception cref="OperatorException">It is not a regular file.</exception>
    public static FileHandle Open(string image)
    {
        using var file = Syscall.Open(image, OpenFlags.Path);
        return BoundedFile.Open(file, ReadLimit.Image);
    }
}
