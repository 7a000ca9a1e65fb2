using System.Text;

namespace KairosBoot.Plan.Tests;

/// <summary>Which bytes of a console, with which silences between them, are keys.</summary>
public sealed class KeyReaderTests
{
    private const string Letters = "rnvtlsc";

    /// <summary>E: ESC; _: 0.3 s without a byte; =: two seconds. At the end there is always a silence.</summary>
    [Theory]
    [InlineData("r", "")]
    [InlineData("E_r", "")]
    [InlineData("EE", "open")]
    [InlineData("E_E", "open")]
    [InlineData("E=E", "")]
    [InlineData("EE_r", "open r")]
    [InlineData("EE=r", "open r")]
    [InlineData("EE_r_l", "open r l")]
    [InlineData("EE_r\r_l\n", "open r l")]
    [InlineData("EEr", "r")]
    [InlineData("EEr\r_l", "r l")]
    [InlineData("E_Er", "r")]
    [InlineData("Er", "")]
    [InlineData("EErl", "")]
    [InlineData("EEx", "")]
    [InlineData("EE_Er", "open closed")]
    [InlineData("EE_EEr", "open r")]
    [InlineData("EE_rl", "open closed")]
    [InlineData("EE_R", "open closed")]
    [InlineData("EE_x_r", "open closed")]
    [InlineData("EE_x_EE_r", "open closed open r")]
    [InlineData("EE_E_r", "open r")]
    [InlineData("E[A", "")]
    [InlineData("E[AE[A", "")]
    [InlineData("EE[A", "")]
    [InlineData("EE_E[A", "open closed")]
    [InlineData("ExE", "")]
    [InlineData("E_x_E", "")]
    [InlineData("E\r_E", "")]
    [InlineData("EEEEEEEE", "open")]
    [InlineData("\0\0EE", "")]
    [InlineData("\0_EE_\0_r", "open closed")]
    public void Keys_count_only_after_two_escapes_and_silences(string input, string expected) => Assert.Equal(expected, Run(input));

    /// <summary>
    /// All inputs of up to seven bytes and silences of each kind, against a description by words: a key is a letter alone between silences,
    /// after two escapes, with only keys since; or a letter directly after them.
    /// </summary>
    [Fact]
    public void Every_short_input_agrees_with_the_description()
    {
        const string Alphabet = "Er\0\r_=";
        var inputs = new List<string> { "" };
        for (int length = 1, from = 0; length <= 7; length++)
        {
            var end = inputs.Count;
            for (; from < end; from++)
                foreach (var c in Alphabet) inputs.Add(inputs[from] + c);
        }
        Assert.All(inputs.Chunk(4096), chunk => Assert.DoesNotContain(chunk, input => Run(input) != Described(input)));
    }

    [Fact]
    public void Noise_without_silences_is_never_a_key()
    {
        var random = new Random(1);
        for (var run = 0; run < 200; run++)
        {
            var reader = new KeyReader();
            long now = 0;
            for (var i = 0; i < 20_000; i++)
            {
                now += random.Next((int)KeyReader.QuietMicroseconds);
                Assert.Equal(KeyEvent.None, reader.Add((byte)random.Next(256), now));
            }
        }
    }

    // A line that brings two bytes in a second, for the ten seconds of a screen.
    [Fact]
    public void Sparse_noise_presses_a_key_in_less_than_one_of_ten_thousand_boots()
    {
        var random = new Random(2);
        var pressed = 0;
        const int Boots = 200_000;
        for (var boot = 0; boot < Boots; boot++)
        {
            var reader = new KeyReader();
            for (var i = 0; i < 20; i++)
                if (reader.Add((byte)random.Next(256), i * 500_000L) == KeyEvent.Pressed) pressed++;
        }
        Assert.InRange(pressed, 0, Boots / 10_000);
    }

    private static string Run(string input)
    {
        var reader = new KeyReader();
        var events = new List<string>();
        var now = 5_000_000L;
        void Note(KeyEvent found)
        {
            if (found == KeyEvent.None) return;
            events.Add(found == KeyEvent.Opened ? "open" : found == KeyEvent.Closed ? "closed" : reader.Key.Letter());
        }

        foreach (var c in input)
        {
            if (c is '_' or '=') Note(reader.Settle(now += c == '_' ? 300_000 : 2_000_000));
            else Note(reader.Add(c == 'E' ? (byte)0x1B : (byte)c, now += 1000));
        }
        Note(reader.Settle(now + 300_000));
        Assert.False(reader.IsPending);
        return string.Join(' ', events);
    }

    // The same from the bursts between silences.
    private static string Described(string input)
    {
        var events = new StringBuilder();
        var (isOpen, single, gap) = (false, false, 0);
        var burst = new StringBuilder();
        bool AreEscapesAndKey(string bytes) =>
            bytes.Length >= (single ? 2 : 3) && bytes[..^1].All(b => b == 'E') && Letters.Contains(bytes[^1]);
        foreach (var c in input + "_")
        {
            if (c is not ('_' or '='))
            {
                if (burst.Length == 0 && gap > 9) single = false;
                var isEndOfLine = c is '\r' && (isOpen ? !(burst.Length > 0 && burst.ToString().All(b => b == 'E'))
                    : AreEscapesAndKey(burst.ToString()));
                if (!isEndOfLine) burst.Append(c);
                continue;
            }
            var bytes = burst.ToString();
            burst.Clear();
            if (bytes.Length > 0) gap = 0;
            gap += c == '_' ? 3 : 20;
            if (bytes.Length == 0) continue;
            var escapes = bytes.All(b => b == 'E');
            if (escapes && bytes.Length == 1 && !single)
            {
                single = true;
                continue;
            }
            if (AreEscapesAndKey(bytes))
            {
                events.Append(" " + bytes[^1]);
                (isOpen, single) = (true, false);
                continue;
            }

            single = false;
            if (escapes) events.Append(" open");
            else if (isOpen) events.Append(bytes.Length == 1 && Letters.Contains(bytes[0]) ? " " + bytes : " closed");
            isOpen = escapes || isOpen && bytes.Length == 1 && Letters.Contains(bytes[0]);
        }
        return events.ToString().Trim();
    }
}
