using KairosBoot.CloudConfig;

namespace KairosBoot.Plan.Tests;

/// <summary>The parts of the kernel command line that are a cloud-config.</summary>
public sealed class CommandLineConfigTests
{
    [Theory]
    [InlineData("a b=c  d", "a|b=c|d")]
    [InlineData("a=\"b c\" 'd e'=f g\\ h", "a=b c|d e=f|g h")]
    [InlineData("a=\"it's \\\"x\\\"\" 'no \\n' \"\"", "a=it's \"x\"|no n|")]
    [InlineData("a b#c #d e\nf", "a|b#c|f")]
    [InlineData("a 'b c", "a")]
    [InlineData("a b\\", "a")]
    public void Words_are_split_as_a_shell_splits_them(string text, string words)
    {
        Assert.Equal(words.Replace("no n", "no \\n"), string.Join('|', CommandLineConfig.Words(text)));
    }

    [Theory]
    [InlineData(0, 64L << 20)]
    [InlineData(128L << 20, 16L << 20)]
    [InlineData(2L << 30, 64L << 20)]
    public void In_the_initrd_configs_may_use_an_eighth_of_the_memory(long memory, long limit) =>
        Assert.Equal(limit, StageRunner.ConfigLimitIn(memory));

    [Theory]
    [InlineData("stages.x", "not stages.STAGE[NUMBER].KEY=VALUE")]
    [InlineData("stages.x[0]", "names an entry but no key")]
    [InlineData("stages.x[a].b", "[a] is not a number from 0 to 255")]
    [InlineData("stages.x[0.b", "a bracket is not closed")]
    [InlineData("stages.x[0]b", "'b' instead of a dot or a bracket")]
    [InlineData("stages.x[0].a..b", "a name is missing")]
    public void A_wrong_key_is_rejected_and_changes_nothing(string key, string reason)
    {
        var notation = new DotNotation();
        notation.Set("stages.x[0].a", "1");
        Assert.Contains(reason, Assert.Throws<FormatException>(() => notation.Set(key, "2")).Message);
        var stage = Assert.IsType<YamlSequence>(notation.ToYaml().Find("x"));
        Assert.Equal("1", Assert.IsType<YamlMapping>(Assert.Single(stage.Items)).Text("a"));
    }
}
