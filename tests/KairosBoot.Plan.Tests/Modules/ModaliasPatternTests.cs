namespace KairosBoot.Plan.Tests;

public class ModaliasPatternTests
{
    [Theory]
    [InlineData("v00001AF4d*sv*sd*bc*sc*i*", "v00001AF4d00001001sv00001AF4sd00000002bc01sc00i00")]
    [InlineData("d00000002v*", "d00000002v00001AF4")]
    [InlineData("*", "")]
    [InlineData("a*b*c", "a-b-b-c")]
    [InlineData("N*T*Cvirtio,mmio", "Nvirtio_mmioT(null)Cvirtio,mmio")]
    [InlineData("v[0-9A-F]x", "vCx")]
    [InlineData("v[!0-9]x", "vCx")]
    [InlineData("?b", "ab")]
    [InlineData("t-0x00*", "t_0x00")]
    [InlineData("[", "[")]
    public void A_pattern_matches_what_fnmatch_matches(string pattern, string text) => Assert.True(ModaliasPattern.Matches(pattern, text));

    [Theory]
    [InlineData("d00000002v*", "d00000012v00001AF4")]
    [InlineData("", "a")]
    [InlineData("a", "")]
    [InlineData("?", "")]
    [InlineData("a*b", "ab ")]
    [InlineData("v[0-9]x", "vCx")]
    [InlineData("v[!A-F]x", "vCx")]
    [InlineData("t-0x00", "t-0x000")]
    public void A_pattern_does_not_match_more(string pattern, string text) => Assert.False(ModaliasPattern.Matches(pattern, text));
}
