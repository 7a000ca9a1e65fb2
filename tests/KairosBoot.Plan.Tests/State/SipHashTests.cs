using System.Buffers.Binary;

namespace KairosBoot.Plan.Tests;

public sealed class SipHashTests
{
    // The authors' test vectors (vectors_sip128): the key is 00 01 ... 0f, the message 00 01 02 ... of that many bytes.
    [Theory]
    [InlineData(0, "a3817f04ba25a8e66df67214c7550293")]
    [InlineData(1, "da87c1d86b99af44347659119b22fc45")]
    [InlineData(2, "8177228da4a45dc7fca38bdef60affe4")]
    [InlineData(3, "9c70b60c5267a94e5f33b6b02985ed51")]
    [InlineData(7, "a1f1ebbed8dbc153c0b84aa61ff08239")]
    [InlineData(8, "3b62a9ba6258f5610f83e264f31497b4")]
    [InlineData(9, "264499060ad9baabc47f8b02bb6d71ed")]
    [InlineData(15, "5493e99933b0a8117e08ec0f97cfc3d9")]
    [InlineData(16, "6ee2a4ca67b054bbfd3315bf85230577")]
    [InlineData(31, "2939b0183223fafc1723de4f52c43d35")]
    [InlineData(32, "7c3956ca5eeafc3e363e9d556546eb68")]
    [InlineData(63, "5150d1772f50834a503e069a973fbd7c")]
    public void The_authors_test_vectors_hold_for_every_split_into_pieces(int length, string expected)
    {
        var message = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();
        var hash = new SipHash128([.. Enumerable.Range(0, 16).Select(i => (byte)i)]);
        for (var first = 0; first <= length; first++)
        {
            for (var second = first; second <= length; second += 1 + second % 3)
            {
                hash.Start();
                hash.Append(message.AsSpan(0, first));
                hash.Append(message.AsSpan(first, second - first));
                hash.Append(message.AsSpan(second));
                var (high, low) = hash.Finish();
                var value = new byte[16];
                BinaryPrimitives.WriteUInt64LittleEndian(value, high);
                BinaryPrimitives.WriteUInt64LittleEndian(value.AsSpan(8), low);
                Assert.Equal(expected, Convert.ToHexStringLower(value));
            }
        }
    }
}
