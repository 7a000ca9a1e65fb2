namespace KairosBoot.Plan.Tests;

public sealed class KernelCommandLineTests
{
    [Fact]
    public void Quotes_keep_spaces_together_and_are_removed()
    {
        var line = KernelCommandLine.Parse("a=1 b=\"two words\" \"c=x y\" d\n");
        KernelParameter[] expected = [new("a", "1"), new("b", "two words"), new("c", "x y"), new("d", null)];
        Assert.Equal(expected, line.Parameters.AsEnumerable());
    }

    [Fact]
    public void Everything_after_a_lone_double_dash_belongs_to_the_real_init()
    {
        var line = KernelCommandLine.Parse("panic=1 -- panic=2 single");
        Assert.Equal("1", line.Last("panic"));
        Assert.False(line.Has("single"));
    }

    [Fact]
    public void The_last_of_several_values_wins()
    {
        Assert.Equal("b", KernelCommandLine.Parse("x=a x=b").Last("x"));
        Assert.Null(KernelCommandLine.Parse("x=a x").Last("x"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("   \n")]
    [InlineData("\"")]
    [InlineData("= == =a a=")]
    public void Unusual_text_is_not_an_error(string text) => Assert.NotNull(KernelCommandLine.Parse(text));
}
