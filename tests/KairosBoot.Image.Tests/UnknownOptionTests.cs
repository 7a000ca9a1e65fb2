using KairosBoot.Execution;

namespace KairosBoot.Image.Tests;

/// <summary>A word that starts with a hyphen is an option or an error; it never becomes an argument or a value.</summary>
public class UnknownOptionTests : StateCommands
{
    [Fact]
    public void Every_verb_refuses_an_unknown_option()
    {
        var verbs = Verbs([]).ToList();
        Assert.InRange(verbs.Count, 20, 100);
        foreach (var verb in verbs)
        {
            var name = string.Join(' ', verb.Prepend("kboot"));
            foreach (var words in (string[][])[["--slto"], ["one", "--slto"], ["--slto=x", "one"], ["one", "-x", "two"]])
            {
                var word = words.First(word => word.StartsWith('-'));
                var refusal = Run(2, [.. verb, .. words]);
                Assert.Contains($"kboot: {word} is not an option of {name}; ", refusal);
                Assert.Contains($"try: {name} --help", refusal);
            }
        }
    }

    [Theory]
    [InlineData("--slto is not an option of kboot kargs add; did you mean --slot?", "kargs", "add", "nosmt", "--slto", "recovery")]
    [InlineData("-s is not an option of kboot kargs add", "kargs", "add", "-s", "nosmt")]
    [InlineData("--slot is not an option of kboot kargs", "kargs", "--slot", "recovery", "add", "nosmt")]
    [InlineData("--onec is not an option of kboot select; did you mean --once?", "select", "passive", "--onec")]
    [InlineData("--sate is not an option of kboot pin; did you mean --state?", "pin", "--sate", "/mnt", "passive")]
    [InlineData("--quiet is not an option of kboot disk build", "disk", "build", "--append", "--quiet", "--image", "a", "--output", "b")]
    public void A_misspelt_option_changes_nothing(string problem, params string[] words)
    {
        var before = File.ReadAllBytes(PathOf("state/bootstate"));
        Assert.Contains($"kboot: {problem}", Run(2, words));
        Assert.Equal(before, File.ReadAllBytes(PathOf("state/bootstate")));
        Assert.True(new KargsFile(State).Proven.IsEmpty && new KargsFile(State).Pending is null);
    }

    [Fact]
    public void After_two_hyphens_every_word_is_an_argument()
    {
        Assert.Contains("all        nosmt --slto -x\n", Run(0, "kargs", "add", "--state", State, "--", "nosmt", "--slto", "-x"));
        Assert.Contains("\"all\": [\n", Run(0, "kargs", "add", "one=1", "--json"));
        Assert.DoesNotContain("--json", Run(0, "kargs"));
    }

    [Theory]
    [InlineData("--output is empty", "image", "build", "--root", "/", "--output", "")]
    [InlineData("--host is empty", "upgrade", "--image", "/none", "--host", "")]
    [InlineData("--state is empty", "kargs", "--state", "", "add", "nosmt")]
    [InlineData("FILE is empty", "initrd", "inspect", "", "--")]
    public void An_empty_path_is_not_the_absence_of_an_option(string problem, params string[] words) =>
        Assert.Contains($"kboot: {problem}: give it a value, or omit it", Run(2, words, isOnState: false));

    [Fact]
    public void An_at_sign_names_no_file_with_more_words()
    {
        WriteText("words", "from-a-file");
        Assert.Contains($"all        @{PathOf("words")}\n", Run(0, "kargs", "add", "@" + PathOf("words")));
    }

    private IEnumerable<string[]> Verbs(string[] verb)
    {
        var help = Run(0, [.. verb, "--help"]).Split('\n');
        var verbs = help.SkipWhile(line => line != "Commands:").Skip(1).TakeWhile(line => line.StartsWith("  ", StringComparison.Ordinal))
            .Where(line => line[2] != ' ').Select(line => line.Trim().Split(' ')[0]).ToList();
        return verbs.Count == 0 ? [verb] : verbs.SelectMany(one => Verbs([.. verb, one]));
    }
}
