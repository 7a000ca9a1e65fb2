using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>Tells one image from another without reading it.</summary>
public static class ImageIdentity
{
    // ext4, squashfs and erofs have their superblock in there: with a UUID, or the time the image was made or last written to.
    private const int Start = 4096;

    /// <summary>32 hexadecimal digits, the same at every boot. Of an image with a seal they follow from its content: a copy has the same ones, wherever it
    /// lies, until somebody mounts it for writing. Of any other they are made of the file's size, time and inode and of the image's first 4 KiB.</summary>
    /// <exception cref="OperatorException">It is no regular file.</exception>
    public static string Of(string image)
    {
        using var file = Open(image);
        var status = Syscall.FStat(file);
        var digest = new Sha256();
        var seal = new byte[ImageSeal.Length];
        if (status.Size > seal.Length && Syscall.PRead(file, seal, status.Size - seal.Length) == seal.Length && ImageSeal.Is(seal)) digest.Append(seal);
        else digest.Append(Encoding.UTF8.GetBytes($"{status.Size} {status.MTimeNs} {status.Inode}\n"));
        var start = new byte[Start];
        digest.Append(start.AsSpan(0, Syscall.PRead(file, start, 0)));
        return Convert.ToHexStringLower(digest.Finish().AsSpan(0, 16));
    }

    /// <summary>Opens an image for reading. Nothing but a regular file is opened: a FIFO in its place would hold every slot's boot.</summary>
    /// <exception cref="OperatorException">It is no regular file.</exception>
    public static FileHandle Open(string image)
    {
        using var file = Syscall.Open(image, OpenFlags.Path);
        return BoundedFile.Open(file, ReadLimit.Image);
    }
}
