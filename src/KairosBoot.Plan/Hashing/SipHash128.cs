using System.Buffers.Binary;
using System.Numerics;

namespace KairosBoot.Plan;

/// <summary>
/// SipHash-2-4 with 128 bits: Aumasson and Bernstein, "SipHash: a fast short-input PRF", and their reference implementation. Without the
/// key nobody can find two messages with the same value, and it needs far fewer instructions than SHA-256.
/// </summary>
public sealed class SipHash128 : MessageDigest
{
    public const int KeyBytes = 16;

    private readonly ulong key0, key1;
    private readonly byte[] pending = new byte[8];
    private ulong v0, v1, v2, v3;
    private long length;

    /// <param name="key">16 bytes.</param>
    public SipHash128(ReadOnlySpan<byte> key)
    {
        (key0, key1) = (BinaryPrimitives.ReadUInt64LittleEndian(key), BinaryPrimitives.ReadUInt64LittleEndian(key[8..]));
        Start();
    }

    /// <summary>Forgets the message so far.</summary>
    public void Start()
    {
        v0 = key0 ^ 0x736f6d6570736575;
        v1 = key1 ^ 0x646f72616e646f6d ^ 0xee;
        v2 = key0 ^ 0x6c7967656e657261;
        v3 = key1 ^ 0x7465646279746573;
        length = 0;
    }

    public override void Append(ReadOnlySpan<byte> piece)
    {
        var used = (int)(length & 7);
        length += piece.Length;
        if (used + piece.Length < 8)
        {
            piece.CopyTo(pending.AsSpan(used));
            return;
        }
        if (used > 0)
        {
            piece[..(8 - used)].CopyTo(pending.AsSpan(used));
            Compress(pending);
            piece = piece[(8 - used)..];
        }
        Compress(piece[..(piece.Length & ~7)]);
        piece[(piece.Length & ~7)..].CopyTo(pending);
    }

    // On copies of the state: the compiler keeps them in registers.
    private void Compress(ReadOnlySpan<byte> words)
    {
        var (a, b, c, d) = (v0, v1, v2, v3);
        for (; words.Length >= 8; words = words[8..])
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(words);
            d ^= word;
            for (var round = 0; round < 2; round++)
            {
                a += b; b = BitOperations.RotateLeft(b, 13) ^ a; a = BitOperations.RotateLeft(a, 32);
                c += d; d = BitOperations.RotateLeft(d, 16) ^ c;
                a += d; d = BitOperations.RotateLeft(d, 21) ^ a;
                c += b; b = BitOperations.RotateLeft(b, 17) ^ c; c = BitOperations.RotateLeft(c, 32);
            }
            a ^= word;
        }
        (v0, v1, v2, v3) = (a, b, c, d);
    }

    /// <summary>The value, as two numbers of the reference implementation. After it comes <see cref="Start"/>.</summary>
    public (ulong First, ulong Second) Finish()
    {
        var used = (int)(length & 7);
        pending.AsSpan(used).Clear();
        pending[7] = (byte)length;
        Compress(pending);
        v2 ^= 0xee;
        FinishHalf();
        var first = v0 ^ v1 ^ v2 ^ v3;
        v1 ^= 0xdd;
        FinishHalf();
        return (first, v0 ^ v1 ^ v2 ^ v3);
    }

    // A word of zeros changes nothing but the rounds.
    private void FinishHalf()
    {
        Span<byte> zeros = stackalloc byte[16];
        zeros.Clear();
        Compress(zeros);
    }
}
