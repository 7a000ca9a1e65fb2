using System.Buffers.Binary;
using System.Numerics;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>SHA-512, FIPS 180-4. The implementation of .NET calls OpenSSL, which a static program cannot load.</summary>
internal static class Sha512
{
    internal const int DigestSize = 64;
    private const int BlockSize = 128;

    internal static byte[] Hash(ReadOnlySpan<byte> message)
    {
        Span<ulong> state = stackalloc ulong[8];
        Sha2Constants.InitialState.CopyTo(state);
        var whole = message.Length / BlockSize * BlockSize;
        for (var i = 0; i < whole; i += BlockSize) Compress(state, message.Slice(i, BlockSize));

        Span<byte> tail = stackalloc byte[2 * BlockSize];
        tail.Clear();
        var rest = message[whole..];
        rest.CopyTo(tail);
        tail[rest.Length] = 0x80;
        var end = rest.Length + 17 <= BlockSize ? BlockSize : 2 * BlockSize;
        BinaryPrimitives.WriteUInt64BigEndian(tail[(end - 8)..], (ulong)message.Length * 8);
        for (var i = 0; i < end; i += BlockSize) Compress(state, tail.Slice(i, BlockSize));

        var digest = new byte[DigestSize];
        for (var i = 0; i < 8; i++) BinaryPrimitives.WriteUInt64BigEndian(digest.AsSpan(i * 8), state[i]);
        return digest;
    }

    private static void Compress(Span<ulong> state, ReadOnlySpan<byte> block)
    {
        Span<ulong> w = stackalloc ulong[80];
        for (var t = 0; t < 16; t++) w[t] = BinaryPrimitives.ReadUInt64BigEndian(block[(t * 8)..]);
        for (var t = 16; t < 80; t++)
        {
            var s0 = BitOperations.RotateRight(w[t - 15], 1) ^ BitOperations.RotateRight(w[t - 15], 8) ^ (w[t - 15] >> 7);
            var s1 = BitOperations.RotateRight(w[t - 2], 19) ^ BitOperations.RotateRight(w[t - 2], 61) ^ (w[t - 2] >> 6);
            w[t] = w[t - 16] + s0 + w[t - 7] + s1;
        }
        ulong a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
        for (var t = 0; t < 80; t++)
        {
            var s1 = BitOperations.RotateRight(e, 14) ^ BitOperations.RotateRight(e, 18) ^ BitOperations.RotateRight(e, 41);
            var t1 = h + s1 + ((e & f) ^ (~e & g)) + Sha2Constants.Rounds[t] + w[t];
            var s0 = BitOperations.RotateRight(a, 28) ^ BitOperations.RotateRight(a, 34) ^ BitOperations.RotateRight(a, 39);
            var t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d + t1, c, b, a, t1 + t2);
        }
        state[0] += a; state[1] += b; state[2] += c; state[3] += d;
        state[4] += e; state[5] += f; state[6] += g; state[7] += h;
    }
}
