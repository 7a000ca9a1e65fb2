using System.Globalization;
using System.Text;
using System.Text.Json;

namespace KairosBoot.Plan.Tests;

public sealed class PrintableTextTests
{
    [Theory]
    [InlineData("\u001b]0;title\u0007\u001b[2J", @"\x1b]0;title\x07\x1b[2J")]
    [InlineData("a\rb\0c\u007f", @"a\x0db\x00c\x7f")]
    [InlineData("\u0080\u009b31m\u009f", @"\x80\x9b31m\x9f")]
    [InlineData("\u202egpj.exe\u202c \u2066x\u2069", @"\u202egpj.exe\u202c \u2066x\u2069")]
    [InlineData("\ud83d\ude00\u001b\ud83d\ude00", "\ud83d\ude00\\x1b\ud83d\ude00")]
    public void Control_characters_are_shown_as_numbers(string text, string shown) => Assert.Equal(shown, PrintableText.Clean(text));

    [Theory]
    [InlineData("")]
    [InlineData("two lines\n\tand a tab")]
    [InlineData("Grüße, 漢字, \ud83d\ude00, \u00a0, \u00ad, \\x1b")]
    public void Clean_text_is_returned_unchanged(string text) => Assert.Same(text, PrintableText.Clean(text));

    // Not a theory: text in an attribute cannot hold half of a surrogate pair.
    [Fact]
    public void Lone_surrogates_and_bytes_that_are_not_UTF8_are_shown() =>
        Assert.Equal(@"\x9b1m \ud83d x \udc00", PrintableText.Clean("\udc9b1m \ud83d x \udc00"));

    [Fact]
    public void C1_characters_in_UTF8_are_found() =>
        Assert.Equal(@"\x80\x9f", PrintableText.Clean(Encoding.UTF8.GetString([0xC2, 0x80, 0xC2, 0x9F])));

    [Fact]
    public void Every_single_character_is_made_safe()
    {
        for (var c = 0; c <= char.MaxValue; c++)
        {
            var text = ((char)c).ToString();
            var shown = PrintableText.Clean(text);
            AssertHarmless(shown);
            Assert.Equal(!PrintableText.MustEscape((char)c), ReferenceEquals(text, shown));
        }
    }

    [Fact]
    public void Random_text_is_made_safe_and_cleaning_twice_changes_nothing()
    {
        var random = new Random(13);
        // The limits of the ranges: controls, C1, bidi, surrogates, and their neighbours.
        (int First, int Count)[] ranges = [(0, 0xA2), (0x2028, 8), (0x2064, 8), (0xD7FE, 4), (0xDBFE, 4), (0xDC7E, 0x84), (0xDFFE, 4)];
        char[] likely = [.. ranges.SelectMany(range => Enumerable.Range(range.First, range.Count)).Select(c => (char)c)];
        for (var round = 0; round < 20_000; round++)
        {
            var length = random.Next(12);
            var text = round % 2 == 0
                ? string.Create(length, random, (span, r) => { foreach (ref var c in span) c = likely[r.Next(likely.Length)]; })
                : Encoding.UTF8.GetString(Bytes(random, length));
            var shown = PrintableText.Clean(text);
            AssertHarmless(shown);
            Assert.Same(shown, PrintableText.Clean(shown));
            Assert.Equal(text.Count(c => c == '\n'), shown.Count(c => c == '\n'));
        }
    }

    [Fact]
    public void The_reports_json_is_safe_for_a_terminal()
    {
        for (var c = 0; c <= char.MaxValue; c++)
        {
            var text = new JsonText().Object(null, json => json.String("name", $"a{(char)c}b")).ToString();
            AssertHarmless(text);
            if (char.IsSurrogate((char)c)) continue; // some JSON readers refuse such a string
            using var json = JsonDocument.Parse(text);
            Assert.Equal($"a{(char)c}b", json.RootElement.GetProperty("name").GetString());
        }
    }

    [Fact]
    public void The_file_of_failed_boots_is_safe_for_a_terminal()
    {
        var kept = FailureFile.Add("", new FailureRecord
        {
            Problem = "volume \u001b[2JX\n\u009bm: gone", Fix = "see \u202eit", Step = "mount \r/dev/x", Log = "a\u0007",
        });
        AssertHarmless(kept);
        Assert.Equal("volume \\x1b[2JX\n\\x9bm: gone", Assert.Single(FailureFile.Parse(kept)).Problem);
    }

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    // Checked with the categories of Unicode, not with our own list.
    private static void AssertHarmless(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (text[i] is not ('\n' or '\t'))
            {
                Assert.False(char.GetUnicodeCategory(text[i]) is UnicodeCategory.Control or UnicodeCategory.Surrogate
                    || text[i] is >= '\u202a' and <= '\u202e' or >= '\u2066' and <= '\u2069', $"U+{(int)text[i]:x4} at {i}");
            }
        }
    }
}
