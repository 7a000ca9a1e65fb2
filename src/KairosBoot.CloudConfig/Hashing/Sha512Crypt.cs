using System.Text;

namespace KairosBoot.CloudConfig;

/// <summary>
/// The <c>$6$</c> method of crypt(5) with its default of 5000 rounds, after Ulrich Drepper's specification "Unix crypt using SHA-256
/// and SHA-512"; letters in comments are its step numbers.
/// </summary>
internal static class Sha512Crypt
{
    private const int Rounds = 5000;
    private const int MaxSaltLength = 16;
    private const string Alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary><c>$6$salt$hash</c>. A salt is cut to 16 characters.</summary>
    internal static string Hash(string password, string salt)
    {
        salt = salt.Length > MaxSaltLength ? salt[..MaxSaltLength] : salt;
        var key = Encoding.UTF8.GetBytes(password);
        var saltBytes = Encoding.UTF8.GetBytes(salt);
        var digest = InitialDigest(key, saltBytes);

        var p = Repeat(Sha512.Hash(RepeatedTimes(key, key.Length)), key.Length);                // 13-16
        var s = Repeat(Sha512.Hash(RepeatedTimes(saltBytes, 16 + digest[0])), saltBytes.Length); // 17-20
        for (var round = 0; round < Rounds; round++)                                             // 21
        {
            var message = new List<byte>(2 * Sha512.DigestSize + p.Length + s.Length);
            message.AddRange(round % 2 != 0 ? p : digest);
            if (round % 3 != 0) message.AddRange(s);
            if (round % 7 != 0) message.AddRange(p);
            message.AddRange(round % 2 != 0 ? digest : p);
            digest = Sha512.Hash(message.ToArray());
        }
        return $"$6${salt}${Encode(digest)}";
    }

    /// <summary>A salt from random bytes, one character for each byte.</summary>
    internal static string Salt(ReadOnlySpan<byte> random)
    {
        var salt = new StringBuilder(random.Length);
        foreach (var b in random) salt.Append(Alphabet[b & 63]);
        return salt.ToString();
    }

    private static byte[] InitialDigest(byte[] key, byte[] salt)
    {
        var b = Sha512.Hash([.. key, .. salt, .. key]);   // 4-8
        var message = new List<byte>([.. key, .. salt]);  // 1-3
        message.AddRange(Repeat(b, key.Length));          // 9-10
        for (var bits = key.Length; bits > 0; bits >>= 1) // 11
            message.AddRange((bits & 1) != 0 ? b : key);
        return Sha512.Hash(message.ToArray());            // 12
    }

    private static byte[] RepeatedTimes(byte[] bytes, int times)
    {
        var repeated = new List<byte>(bytes.Length * times);
        for (var i = 0; i < times; i++) repeated.AddRange(bytes);
        return repeated.ToArray();
    }

    private static byte[] Repeat(byte[] bytes, int length)
    {
        var repeated = new byte[length];
        for (var i = 0; i < length; i++) repeated[i] = bytes[i % bytes.Length];
        return repeated;
    }

    /// <summary>Step 22: groups of three bytes, 21 apart and rotated in each group, in base 64 with the low bits first.</summary>
    private static string Encode(byte[] digest)
    {
        var text = new StringBuilder(86);
        var (a, b, c) = (0, 21, 42);
        for (var group = 0; group < 21; group++)
        {
            Append(text, digest[a] << 16 | digest[b] << 8 | digest[c], count: 4);
            (a, b, c) = (b + 1, c + 1, a + 1);
        }
        Append(text, digest[63], count: 2);
        return text.ToString();
    }

    private static void Append(StringBuilder text, int bits, int count)
    {
        for (; count > 0; count--, bits >>= 6) text.Append(Alphabet[bits & 63]);
    }
}
