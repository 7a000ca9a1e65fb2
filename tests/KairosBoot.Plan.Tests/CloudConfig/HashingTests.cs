using System.Security.Cryptography;
using System.Text;
using KairosBoot.CloudConfig;
using KairosBoot.Linux;

namespace KairosBoot.Plan.Tests;

public class HashingTests
{
    [Fact]
    public void SHA_512_and_SHA_256_agree_with_the_runtime_at_every_length_around_a_block()
    {
        var random = new Random(1);
        for (var length = 0; length < 300; length++)
        {
            var message = new byte[length];
            random.NextBytes(message);
            Assert.Equal(SHA512.HashData(message), Sha512.Hash(message));
            Assert.Equal(SHA256.HashData(message), Sha256.Hash(message));
            Assert.Equal(HMACSHA256.HashData(message, "yip"u8), Sha256.Hmac(message, "yip"u8));
        }
    }

    [Fact]
    public void SHA_256_does_not_depend_on_the_pieces_of_a_message()
    {
        var random = new Random(2);
        var message = new byte[1000];
        random.NextBytes(message);
        for (var round = 0; round < 300; round++)
        {
            var hash = new Sha256();
            for (var at = 0; at < message.Length;)
            {
                var piece = Math.Min(random.Next(round), message.Length - at);
                hash.Append(message.AsSpan(at, piece));
                if (piece == 0) hash.Append(message.AsSpan(at++, 1)); // an empty piece changes nothing
                at += piece;
            }
            Assert.Equal(SHA256.HashData(message), hash.Finish());
        }
    }

    // The given hashes are from crypt(3) of libxcrypt.
    [Theory]
    [InlineData("Hello world!", "saltstring",
        "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1")]
    [InlineData("", "x",
        "$6$x$QSmr1Bx2g4O6BzKvdkgOcyU6H91X6I/XBv5pSalMhSPkwdH6Beo3F455xZJg0v//bxVK5F4OE5k1.0xuR26MK0")]
    [InlineData("päßwörd with spaces", "abcdefgh", null)]
    [InlineData("a password of well more than sixty-four bytes, so that the digest has to be repeated for it", "0123456789abcdefMORE",
        null)]
    public void SHA_512_crypt_agrees_with_libxcrypt_and_openssl(string password, string salt, string? expected)
    {
        var hash = Sha512Crypt.Hash(password, salt);
        if (expected is not null) Assert.Equal(expected, hash);
        if (password.Length == 0) return; // openssl treats it as a missing argument
        var openssl = ChildProcess.Run("/usr/bin/openssl", ["passwd", "-6", "-salt", salt, password], [], TimeSpan.FromSeconds(10));
        Assert.Equal(openssl.Output.Trim(), hash);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    [InlineData(200_000)]
    public void Gzip_of_any_compression_level_unpacks(int length)
    {
        var random = new Random(length);
        var text = new byte[length];
        for (var i = 0; i < length; i++) text[i] = (byte)(random.Next(4) == 0 ? random.Next(256) : 'a' + i % 7);
        foreach (var level in new[] { System.IO.Compression.CompressionLevel.NoCompression, System.IO.Compression.CompressionLevel.Fastest,
            System.IO.Compression.CompressionLevel.SmallestSize })
        {
            Assert.Equal(text, Inflate.GUnzip(GZip(text, level), Assert.Fail));
        }
    }

    [Fact]
    public void Damaged_gzip_is_rejected_at_any_position()
    {
        var packed = GZip(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 500))), System.IO.Compression.CompressionLevel.Optimal);
        for (var i = 10; i < packed.Length - 4; i++)
        {
            var damaged = packed.ToArray();
            damaged[i] ^= 0x55;
            Assert.Throws<FormatException>(() => Inflate.GUnzip(damaged, _ => { }));
            Assert.Throws<FormatException>(() => Inflate.GUnzip(packed[..i], _ => { }));
        }
    }

    [Theory]
    [InlineData(new byte[] { 1 }, "gzip: 1 bytes after the end of the compressed data; ignored")]
    [InlineData(new byte[] { 0x1f, 0x8b }, "gzip: 2 bytes after the end of the compressed data; ignored")]
    [InlineData(new byte[] { 10, 10, 0 }, "gzip: 3 bytes after the end of the compressed data; ignored")]
    [InlineData(new byte[] { 0, 0, 0 }, "")]
    public void Bytes_after_gzip_are_reported_and_ignored(byte[] more, string warning)
    {
        var content = Encoding.UTF8.GetBytes("hello hello hello");
        var warnings = new List<string>();
        Assert.Equal(content, Inflate.GUnzip([.. GZip(content, System.IO.Compression.CompressionLevel.Optimal), .. more], warnings.Add));
        Assert.Equal(warning, string.Concat(warnings));
    }

    [Fact]
    public void All_members_of_a_gzip_file_are_unpacked_and_a_damaged_one_is_an_error()
    {
        byte[] first = GZip([1, 2, 3, 1, 2, 3], System.IO.Compression.CompressionLevel.Fastest),
            second = GZip([7, 7, 7, 7, 7, 7, 7, 7, 7], System.IO.Compression.CompressionLevel.SmallestSize);
        Assert.Equal([1, 2, 3, 1, 2, 3, 7, 7, 7, 7, 7, 7, 7, 7, 7], Inflate.GUnzip([.. first, .. second], Assert.Fail));
        for (var i = 10; i < second.Length - 4; i++)
        {
            var damaged = second.ToArray();
            damaged[i] ^= 0x55;
            Assert.Throws<FormatException>(() => Inflate.GUnzip([.. first, .. damaged], _ => { }));
        }
    }

    private static byte[] GZip(byte[] content, System.IO.Compression.CompressionLevel level)
    {
        using var packed = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(packed, level)) gzip.Write(content);
        return packed.ToArray();
    }
}
