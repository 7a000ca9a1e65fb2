using System.Text.RegularExpressions;
using KairosBoot.CloudConfig;
using Xunit.Abstractions;

namespace KairosBoot.Plan.Tests;

/// <summary>regexReplaceAll of templates.</summary>
public sealed class PatternReplacementTests(ITestOutputHelper output)
{
    // From the documentation of Go's regexp, and from its tests of ReplaceAllString.
    [Theory]
    [InlineData("a(x*)b", "-ab-axxb-", "T", "-T-T-")]
    [InlineData("a(x*)b", "-ab-axxb-", "$1", "--xx-")]
    [InlineData("a(x*)b", "-ab-axxb-", "$1W", "---")]
    [InlineData("a(x*)b", "-ab-axxb-", "${1}W", "-W-xxW-")]
    [InlineData("a*", "baaac", "x", "xbxcx")]
    [InlineData("(a*)", "baac", "(${1})", "()b(aa)c()")]
    [InlineData("b", "abc", "$0$0", "abbc")]
    [InlineData("b", "abc", "$$0", "a$0c")]
    [InlineData("b", "abc", "${0", "a${0c")]
    [InlineData("b", "abc", "$", "a$c")]
    [InlineData("b", "abc", "${name}$9$00", "ac")]
    [InlineData("[^a-z0-9]+", "Node 7 (lab)", "-", "-ode-7-lab-")]
    [InlineData("^(.)(.*)$", "host", "$2$1", "osth")]
    [InlineData("(?i)NODE-?", "node-1 Node2", "n", "n1 n2")]
    [InlineData("a+?", "aaa", "<$0>", "<a><a><a>")]
    [InlineData("a|ab", "ab", "<$0>", "<a>b")]
    [InlineData("ab|a", "ab", "<$0>", "<ab>")]
    [InlineData("", "ab", "-", "-a-b-")]
    [InlineData("\\b", "ab c", "|", "|ab| |c|")]
    [InlineData("(a|b)*c", "abac", "<$1>", "<a>")]
    [InlineData("(x)?y", "xyy", "<$1>", "<x><>")]
    public void It_replaces_as_Go_does(string pattern, string text, string replacement, string expected) =>
        Assert.Equal(expected, PatternReplacement.ReplaceAll(pattern, text, replacement));

    [Theory]
    [InlineData("(?P<n>a)", "supported only as")]
    [InlineData("(?s)a", "supported only as")]
    [InlineData("(a*)*", "repeats what can be empty")]
    [InlineData("\\pL", "unknown escape")]
    [InlineData("\\Qa", "unknown escape")]
    [InlineData("a(", "not closed")]
    [InlineData("a{2000}", "bad repeat count")]
    public void Another_pattern_leaves_the_text_and_says_so(string pattern, string reason)
    {
        var failure = Assert.Throws<TemplateException>(() =>
            Template.Render($"{{{{ regexReplaceAll `{pattern}` \"a\" \"b\" }}}}", new TemplateFields(_ => null)));
        Assert.StartsWith($"regexReplaceAll: the pattern '{pattern}' is invalid or not supported here: ", failure.Message);
        Assert.Contains(reason, failure.Message);
    }

    [Fact]
    public void It_works_in_a_pipe() =>
        Assert.Equal("a.b", Template.Render("{{ \"$1.$2\" | regexReplaceAll `(.)-(.)` \"a-b\" }}", new TemplateFields(_ => null)));

    [Theory]
    [InlineData("(a|aa)+$", 60_000)]
    [InlineData("(.*)(.*)(.*)(.*)(.*)[yz]", 60_000)]
    [InlineData("a{500}{10}b", 60_000)]
    [InlineData("(a*)b|a", 60_000)]
    public void A_pattern_that_is_slow_elsewhere_ends_soon(string pattern, int length)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        try { PatternReplacement.ReplaceAll(pattern, new string('a', length), "x"); }
        catch (FormatException e) { Assert.Contains("steps", e.Message); }
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), watch.Elapsed.ToString());
    }

    /// <summary>
    /// Generated patterns of what is supported, compared with .NET. Its empty match directly after another match does not count in Go, and
    /// its $ also matches before a last line feed.
    /// </summary>
    [Fact]
    public void Generated_patterns_replace_what_NET_replaces()
    {
        var seed = Environment.TickCount;
        var rounds = Environment.GetEnvironmentVariable("KAIROSBOOT_ALL") == "1" ? 300_000 : 20_000;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var compared = 0;
        for (var round = 0; round < rounds; round++)
        {
            var pattern = Alternatives(random, 3);
            var text = string.Concat(Enumerable.Range(0, random.Next(0, 14)).Select(_ => "aabbcA1 _\n"[random.Next(10)]));
            string mine;
            try { mine = PatternReplacement.ReplaceAll(pattern, text, "<$0|${1}|${2}>"); }
            catch (FormatException e) when (e.Message.Contains("can be empty")) { continue; }
            compared++;
            Assert.True(OfNet(pattern, text) == mine, $"seed {seed}: {pattern} on {text}: {OfNet(pattern, text)} but {mine}");
        }
        Assert.True(compared > 10_000, $"{compared} compared");
    }

    private static string OfNet(string pattern, string text)
    {
        var end = 0;
        return Regex.Replace(text, pattern.Replace("$", "\\z"), match =>
        {
            var counts = match.Length > 0 || match.Index > end || match.Index == 0;
            end = match.Index + match.Length;
            return counts ? $"<{match.Value}|{match.Groups[1].Value}|{match.Groups[2].Value}>" : "";
        });
    }

    private static string Alternatives(Random random, int depth) =>
        string.Join('|', Enumerable.Range(0, random.Next(3) == 0 ? 2 : 1).Select(_ => Sequence(random, depth)));

    private static string Sequence(Random random, int depth) =>
        string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => Atom(random, depth) + Repetition(random)));

    private static string Repetition(Random random) =>
        random.Next(12) is < 9 and var chosen ? new[] { "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,3}?" }[chosen] : "";

    private static readonly string[] Atoms = [".", "[ab]", "[^b]", "\\w", "\\d", "[a-c1]", "(?:^|b)", "(?:b|$)", "(?:\\bc)"];

    private static string Atom(Random random, int depth) => random.Next(depth > 0 ? 14 : 11) switch
    {
        < 9 and var chosen => Atoms[chosen],
        9 or 10 => "abcA"[random.Next(4)].ToString(),
        11 => $"(?:{Alternatives(random, depth - 1)})",
        _ => $"({Alternatives(random, depth - 1)})",
    };
}
