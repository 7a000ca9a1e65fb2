using System.Text;

namespace KairosBoot.Plan.Tests;

public sealed class LineWrapTests
{
    [Theory]
    [InlineData("", 20, "")]
    [InlineData("to fix: mount it", 20, "to fix: mount it")]
    [InlineData("to fix: mount it again", 16, "to fix: mount it|again")]
    [InlineData("to fix: mount it again", 15, "to fix: mount|it again")]
    [InlineData("  an indented line", 14, "  an indented|line")]
    [InlineData("PARTUUID=0123456789abcdef is unknown", 16, "PARTUUID=0123456|789abcdef is|unknown")]
    [InlineData("trailing words  ", 14, "trailing words| ")]
    public void A_long_line_is_split_between_words(string line, int maxBytes, string parts) =>
        Assert.Equal(parts, string.Join('|', LineWrap.Split(line, maxBytes)));

    [Fact]
    public void Every_part_fits_and_no_word_is_lost_or_cut()
    {
        var random = new Random(1);
        for (var round = 0; round < 300; round++)
        {
            var words = Enumerable.Range(0, random.Next(1, 60))
                .Select(_ => new string("aü€"[random.Next(3)], random.Next(1, 10))).ToArray();
            var parts = LineWrap.Split(string.Join(' ', words), 30);
            Assert.All(parts, part => Assert.InRange(Encoding.UTF8.GetByteCount(part), 1, 30));
            Assert.Equal(words, string.Join(' ', parts).Split(' '));
        }
        var flags = string.Concat(Enumerable.Repeat("\U0001F3C1", 50));
        foreach (var part in LineWrap.Split(flags, 30))
            Assert.DoesNotContain('\uFFFD', Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(part)));
    }

    [Fact]
    public void The_text_of_a_failed_boot_ends_after_a_word()
    {
        var record = new FailureRecord { Problem = string.Concat(Enumerable.Repeat("0123456789 ", 500)) };
        Assert.EndsWith(" 0123456789 ...", record.Problem);
    }
}
