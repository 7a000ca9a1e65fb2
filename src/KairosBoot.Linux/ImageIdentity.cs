using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>Tells one image from another without reading it.</summary>
public static class ImageIdentity
{
    // ext4, squashfs and erofs have their superblock in there, with a UUID or the time the image was made.
    private const int Start = 4096;

    /// <summary>32 hexadecimal digits from the file's size, time and inode and the image's first 4 KiB. An image that was put in the place of another
    /// has another one, whatever it is called; the same file has the same one at every boot.</summary>
    public static string Of(string image)
    {
        using var file = Syscall.Open(image, OpenFlags.ReadOnly);
        var status = Syscall.FStat(file);
        var digest = new Sha256();
        digest.Append(Encoding.UTF8.GetBytes($"{status.Size} {status.MTimeNs} {status.Inode}\n"));
        var start = new byte[Start];
        digest.Append(start.AsSpan(0, Syscall.PRead(file, start, 0)));
        return Convert.ToHexStringLower(digest.Finish().AsSpan(0, 16));
    }
}
