using System.CommandLine;
using KairosBoot.Cli;

namespace KairosBoot.Image.Tests.CommandLine;

/// <summary>Help, version, and verbs that do not exist.</summary>
public class HelpCommandTests : StateCommands
{
    [Fact]
    public void Help_prints_the_text_of_the_option_for_every_verb()
    {
        var root = KbootCommand.Create();
        Assert.InRange(Commands().Count(), 25, 100);
        foreach (var (words, _) in Commands())
        {
            var expected = Printed(root, [.. words, "--help"]);
            Assert.StartsWith("Description:", expected);
            Assert.Equal(expected, Printed(root, ["help", .. words]));
        }
    }

    [Fact]
    public void Help_and_version_are_verbs_of_the_program()
    {
        Assert.Equal(Run(0, ["upgrade", "--help"], isOnState: false), Run(0, ["help", "upgrade"], isOnState: false));
        Assert.Equal(Run(0, ["--help"], isOnState: false), Run(0, ["help"], isOnState: false));
        var version = Run(0, ["version"], isOnState: false);
        Assert.Matches(@"^\d+\.\d+\.\d+\S*\n$", version);
        Assert.Equal(Run(0, ["--version"], isOnState: false), version);
    }

    [Theory]
    [InlineData("no such command: upgrad; did you mean upgrade?", "kboot", "upgrad")]
    [InlineData("no such command: upgrad; did you mean upgrade?", "kboot", "upgrad", "--image", "x")]
    [InlineData("no such command: Lint; did you mean lint?", "kboot", "Lint")]
    [InlineData("no such command: image biuld; did you mean image build?", "kboot image", "image", "biuld", "--root", "/")]
    [InlineData("no such command: kargs ad; did you mean kargs add?", "kboot kargs", "kargs", "--json", "ad", "x")]
    [InlineData("no such command: purchase", "kboot", "purchase")]
    [InlineData("no such command: upgrad; did you mean upgrade?", "kboot help", "help", "upgrad")]
    [InlineData("no such command: image biuld; did you mean image build?", "kboot help", "help", "image", "biuld")]
    [InlineData("kboot upgrade has no command now", "kboot help", "help", "upgrade", "now")]
    public void A_mistyped_verb_is_wrong_usage_and_names_the_nearest(string problem, string command, params string[] words) =>
        Assert.Equal($"kboot: {problem}\ntry: {command} --help\n", Run(2, words, isOnState: false));

    [Fact]
    public void Every_verb_with_swapped_letters_is_found()
    {
        var tried = 0;
        foreach (var (words, command) in Commands().Where(command => command.Words.Length > 0))
        {
            var typed = $"{command.Name[..^2]}{command.Name[^1]}{command.Name[^2]}";
            if (typed == command.Name) continue;
            var found = WordPosition.FindUnknown(KbootCommand.Create(), [.. words[..^1], typed]);
            var before = string.Concat(words[..^1].Select(word => word + " "));
            Assert.Equal($"no such command: {before}{typed}; did you mean {before}{command.Name}?", found?.Problem);
            tried++;
        }

        Assert.True(tried > 20);
    }

    /// <summary>All verbs that help shows, with the words that lead to them.</summary>
    internal static IEnumerable<(string[] Words, Command Command)> Commands() => Below([], KbootCommand.Create());

    private static IEnumerable<(string[] Words, Command Command)> Below(string[] words, Command command) =>
        command.Subcommands.Where(verb => !verb.Hidden).SelectMany(verb => Below([.. words, verb.Name], verb)).Prepend((words, command));

    private static string Printed(RootCommand root, string[] words)
    {
        using var output = new StringWriter();
        Assert.Equal(0, root.Parse(words).Invoke(new InvocationConfiguration { Output = output }));
        return output.ToString();
    }
}
