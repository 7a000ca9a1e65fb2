using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// The last 4 KiB of an image file, after its file system: the length of everything before it, and its SHA-256. The kernel and the boot
/// loader ignore it. It identifies an image by its content, which no superblock does, and shows whether a copy is complete.
/// <code>
/// KairosBoot image 1
/// size 361758720
/// sha256 9f86d081884c7d65...
/// </code>
/// and zeros up to the end. <c>tail -c 4096 FILE</c> shows it.
/// </summary>
public sealed class ImageSeal(long size, string sha256)
{
    public const int Length = 4096;

    private static ReadOnlySpan<byte> Magic => "KairosBoot image 1\n"u8;

    /// <summary>Number of bytes before the seal.</summary>
    public long Size => size;

    /// <summary>SHA-256 of those bytes: 64 hexadecimal digits.</summary>
    public string Sha256 => sha256;

    public static bool Is(ReadOnlySpan<byte> lastBytes) => lastBytes.Length == Length && lastBytes.StartsWith(Magic);

    public byte[] Write()
    {
        var bytes = new byte[Length];
        Magic.CopyTo(bytes);
        Encoding.ASCII.GetBytes($"size {size}\nsha256 {sha256}\n", bytes.AsSpan(Magic.Length));
        return bytes;
    }

    /// <summary>Null: no seal, or an invalid one.</summary>
    public static ImageSeal? Parse(ReadOnlySpan<byte> lastBytes)
    {
        if (!Is(lastBytes)) return null;
        var end = lastBytes.IndexOf((byte)0);
        var lines = Encoding.ASCII.GetString(lastBytes[Magic.Length..(end < 0 ? lastBytes.Length : end)]).Split('\n');
        return lines.Length == 3 && lines[0].StartsWith("size ", StringComparison.Ordinal) && long.TryParse(lines[0].AsSpan(5), out var size)
            && lines[1].Length == 7 + 64 && lines[1].StartsWith("sha256 ", StringComparison.Ordinal) ? new(size, lines[1][7..]) : null;
    }
}
