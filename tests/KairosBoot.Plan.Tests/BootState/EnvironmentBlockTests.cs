using System.Text;

namespace KairosBoot.Plan.Tests;

public sealed class EnvironmentBlockTests
{
    private const string Signature = "# GRUB Environment Block\n";

    private static string? Parsed(string text) => EnvironmentBlock.TryParse(Encoding.Latin1.GetBytes(text)) is { } block
        ? string.Join(' ', block.Variables.Select(v => $"{v.Key}={v.Value}"))
        : null;

    [Theory]
    [InlineData("a=1\nb=\n####", "a=1 b=")]
    [InlineData("# WARNING: b=2\na=1\n####", "a=1")]
    [InlineData("a=1\na=2\n####", "a=1 a=2")]
    [InlineData("a=x=y # \"z\"\n####", "a=x=y # \"z\"")]
    [InlineData("a=one\\\\two\\\nthree\n####", "a=one\\two\nthree")]
    [InlineData("a=1\r\nb=2\n####", "a=1\r b=2")]
    [InlineData("a=1\nb=cut off", "a=1")]
    [InlineData("a=1\nb=cut off\\", "a=1")]
    [InlineData("a=1\nno sign at all", "a=1")]
    [InlineData("a=1", "")]
    [InlineData("", "")]
    [InlineData("\n\n=\n", "\n\n=")]
    public void Variables_are_read_like_GRUB_reads_them(string content, string expected) =>
        Assert.Equal(expected, Parsed(Signature + content));

    [Theory]
    [InlineData("")]
    [InlineData("# GRUB Environment Block")]
    [InlineData("# GRUB environment block\na=1\n##")]
    [InlineData("999999999999999999999999999999999999")]
    public void Any_other_text_is_not_a_block(string file) => Assert.Null(Parsed(file));

    [Fact]
    public void Random_bytes_are_read_without_an_error()
    {
        for (var seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            var file = new byte[random.Next(200)];
            random.NextBytes(file);
            foreach (ref var b in file.AsSpan())
                if (random.Next(2) == 0) b = (byte)"=\\\n#a"[random.Next(5)];
            _ = EnvironmentBlock.TryParse([.. Encoding.ASCII.GetBytes(Signature), .. file]);
            _ = BootBlock.Read(file);
        }
    }

    [Fact]
    public void A_written_block_has_one_sector_of_content_in_1024_bytes()
    {
        var file = new EnvironmentBlock([new("a", "1\\2\n3"), new("b", "")]).ToBytes();
        Assert.Equal(1024, file.Length);
        Assert.Equal(Signature + "a=1\\\\2\\\n3\nb=\n", Encoding.ASCII.GetString(file).TrimEnd('#'));
        Assert.Equal("1\\2\n3", EnvironmentBlock.TryParse(file)!["a"]);
        Assert.Throws<InvalidOperationException>(() => new EnvironmentBlock([new("a", new string('x', 485))]).ToBytes());
        Assert.All(new EnvironmentBlock([new("a", new string('x', 484))]).ToBytes()[512..], b => Assert.Equal((byte)'#', b));
    }
}
