using KairosBoot.CloudConfig;

namespace KairosBoot.Plan.Tests;

public class EnvFileTests
{
    [Theory]
    [InlineData("A=b", "A=b")]
    [InlineData("A: b", "A=b")]
    [InlineData("export A=b", "A=b")]
    [InlineData("  A = b  ", "A=b")]
    [InlineData("A=b # c", "A=b")]
    [InlineData("A=b#c", "A=b#c")]
    [InlineData("A='b $X # c'", "A=b $X # c")]
    [InlineData("A=\"b\\nc \\\"d\\\" # e\" # f", "A=b\nc \"d\" # e")]
    [InlineData("A=\"b\\\\\"\nB=1", "A=b\\|B=1")]
    [InlineData("A=1\nB=$A-${A}\nC='$A'\nD=\\$A", "A=1|B=1-1|C=$A|D=$A")]
    [InlineData("A=$NONE.", "A=.")]
    [InlineData("A=5$", "A=5$")]
    [InlineData("A=1\nA=2\n", "A=2")]
    [InlineData("A=\nB=2", "A=|B=2")]
    [InlineData("# only\n\n", "")]
    [InlineData("A=\"two\nlines\"\nB=1", "A=two\nlines|B=1")]
    [InlineData("\uFEFFA=1\r\nB=2\r\n", "A=1|B=2")]
    [InlineData("PATHS=\"/a /b \"", "PATHS=/a /b ")]
    public void Env_files_read_as_godotenv_reads_them(string text, string expected)
    {
        var result = EnvFile.Parse(text);
        Assert.Empty(result.Problems);
        Assert.Equal(expected, string.Join('|', result.Values.Select(v => $"{v.Key}={v.Value}")));
    }

    [Theory]
    [InlineData("A=1\nwhat is this\nB=2\n", 2)]
    [InlineData("A=1\n\nB-C=1\nB=2", 3)]
    [InlineData("A=1\nX='open\nB=2", 2)]
    [InlineData("A=1\nB=2\nlast", 3)]
    [InlineData("A=1\n=x\nB=2", 2)]
    public void A_bad_line_is_left_out_alone(string text, int line)
    {
        var result = EnvFile.Parse(text);
        Assert.Equal(line, Assert.Single(result.Problems).Line);
        Assert.Equal(("1", "2"), (result["A"], result["B"]));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("")]
    [InlineData("007")]
    [InlineData("42")]
    [InlineData("two words \"quoted\" `tick` $HOME ${X} ! \\ end\\")]
    [InlineData("line\nbreak\r\n")]
    [InlineData("# not a comment")]
    public void What_environment_writes_reads_back(string value)
    {
        var written = EnvironmentKey.Format(new SortedDictionary<string, string> { ["K"] = value });
        Assert.Equal(value, EnvFile.Parse(written)["K"]);
    }
}
