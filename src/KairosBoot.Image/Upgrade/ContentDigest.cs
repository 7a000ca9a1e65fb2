using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;

namespace KairosBoot.Image;

/// <summary>
/// 128 bits over a content in order: four CRC-32C (RFC 3720), each over every fourth 8 bytes. Tells what a disk gives back from what was written, as fast as
/// memory is, which SHA-256 in this program is not. No proof against forgery.
/// </summary>
internal sealed class ContentDigest
{
    private const int Lanes = 4, Step = Lanes * sizeof(ulong);
    private readonly uint[] lanes = [~0u, ~0u, ~0u, ~0u];
    private long length;

    /// <param name="piece">All but the last are multiples of 32 bytes.</param>
    internal void Append(ReadOnlySpan<byte> piece)
    {
        if (length % Step != 0)
        {
            throw new InvalidOperationException("a piece behind the last one");
        }

        length += piece.Length;
        var whole = piece.Length / Step * Step;
        var (a, b, c, d) = (lanes[0], lanes[1], lanes[2], lanes[3]);
        var words = MemoryMarshal.Cast<byte, ulong>(piece[..whole]);
        for (var i = 0; i + Lanes <= words.Length; i += Lanes)
        {
            a = BitOperations.Crc32C(a, words[i]);
            b = BitOperations.Crc32C(b, words[i + 1]);
            c = BitOperations.Crc32C(c, words[i + 2]);
            d = BitOperations.Crc32C(d, words[i + 3]);
        }

        foreach (var last in piece[whole..])
        {
            a = BitOperations.Crc32C(a, last);
        }

        (lanes[0], lanes[1], lanes[2], lanes[3]) = (a, b, c, d);
    }

    public override string ToString() => string.Concat(lanes.Select(lane => lane.ToString("x8", CultureInfo.InvariantCulture))) + $"-{length}";
}
