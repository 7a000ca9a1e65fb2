using System.Buffers.Binary;
using System.Numerics;

namespace KairosBoot.Plan;

/// <summary>
/// SHA-256 of a message in pieces or at once, and its HMAC (FIPS 180-4, RFC 2104). Implemented here because .NET calls OpenSSL, which a
/// static program cannot load.
/// </summary>
public sealed class Sha256 : MessageDigest
{
    private const int BlockSize = 64, DigestSize = 32;

    private readonly uint[] state = new uint[8];
    private readonly byte[] pending = new byte[BlockSize];
    private long length;

    public Sha256()
    {
        for (var i = 0; i < 8; i++) state[i] = (uint)(Sha2Constants.InitialState[i] >> 32);
    }

    public override void Append(ReadOnlySpan<byte> piece)
    {
        var used = (int)(length % BlockSize);
        length += piece.Length;
        if (used + piece.Length < BlockSize)
        {
            piece.CopyTo(pending.AsSpan(used));
            return;
        }
        if (used > 0)
        {
            piece[..(BlockSize - used)].CopyTo(pending.AsSpan(used));
            Compress(state, pending);
            piece = piece[(BlockSize - used)..];
        }
        for (; piece.Length >= BlockSize; piece = piece[BlockSize..]) Compress(state, piece[..BlockSize]);
        piece.CopyTo(pending);
    }

    /// <summary>The digest, 32 bytes; nothing can be appended after it.</summary>
    public byte[] Finish()
    {
        Span<byte> tail = stackalloc byte[BlockSize * 2];
        tail.Clear();
        var used = (int)(length % BlockSize);
        pending.AsSpan(0, used).CopyTo(tail);
        tail[used] = 0x80;
        var end = used + 9 <= BlockSize ? BlockSize : 2 * BlockSize;
        BinaryPrimitives.WriteUInt64BigEndian(tail[(end - 8)..], (ulong)length * 8);
        for (var i = 0; i < end; i += BlockSize) Compress(state, tail.Slice(i, BlockSize));
        var digest = new byte[DigestSize];
        for (var i = 0; i < 8; i++) BinaryPrimitives.WriteUInt32BigEndian(digest.AsSpan(i * 4), state[i]);
        return digest;
    }

    public static byte[] Hash(ReadOnlySpan<byte> message)
    {
        var hash = new Sha256();
        hash.Append(message);
        return hash.Finish();
    }

    public static byte[] Hmac(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message)
    {
        Span<byte> block = stackalloc byte[BlockSize];
        block.Clear();
        (key.Length > BlockSize ? Hash(key) : key).CopyTo(block);
        var inner = new byte[BlockSize + message.Length];
        var outer = new byte[BlockSize + DigestSize];
        for (var i = 0; i < BlockSize; i++) (inner[i], outer[i]) = ((byte)(block[i] ^ 0x36), (byte)(block[i] ^ 0x5C));
        message.CopyTo(inner.AsSpan(BlockSize));
        Hash(inner).CopyTo(outer, BlockSize);
        return Hash(outer);
    }

    private static void Compress(Span<uint> state, ReadOnlySpan<byte> block)
    {
        Span<uint> w = stackalloc uint[64];
        for (var t = 0; t < 16; t++) w[t] = BinaryPrimitives.ReadUInt32BigEndian(block[(t * 4)..]);
        for (var t = 16; t < 64; t++)
        {
            var s0 = BitOperations.RotateRight(w[t - 15], 7) ^ BitOperations.RotateRight(w[t - 15], 18) ^ (w[t - 15] >> 3);
            var s1 = BitOperations.RotateRight(w[t - 2], 17) ^ BitOperations.RotateRight(w[t - 2], 19) ^ (w[t - 2] >> 10);
            w[t] = w[t - 16] + s0 + w[t - 7] + s1;
        }
        uint a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
        for (var t = 0; t < 64; t++)
        {
            var s1 = BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25);
            var t1 = h + s1 + ((e & f) ^ (~e & g)) + (uint)(Sha2Constants.Rounds[t] >> 32) + w[t];
            var s0 = BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22);
            var t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d + t1, c, b, a, t1 + t2);
        }
        state[0] += a; state[1] += b; state[2] += c; state[3] += d;
        state[4] += e; state[5] += f; state[6] += g; state[7] += h;
    }
}
