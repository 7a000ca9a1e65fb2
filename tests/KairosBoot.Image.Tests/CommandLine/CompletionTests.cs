using System.CommandLine.Completions;
using KairosBoot.Cli;

namespace KairosBoot.Image.Tests.CommandLine;

/// <summary>The words that complete a command line, compared with the parser, and typed into the real shells.</summary>
public class CompletionTests : StateCommands
{
    // Types each line and prints what kboot gets. A shell reads the end of the line after the completion.
    private const string Typist = """
        set timeout 60
        set env(TERM) dumb
        # An interactive shell need not end with its terminal.
        proc finish {code} { exec kill -KILL [exp_pid]; wait; exit $code }
        spawn -noecho {*}[lrange $argv 1 end]
        set lines [open [lindex $argv 0]]
        while {[gets $lines line] >= 0} {
            send -- "[string map {^ \t} $line]\r"
            expect -re {got:(.*):end.*typed> } {} timeout { finish 1 } eof { exit 2 }
        }
        finish 0
        """;

    // A caret is the key Tab.
    private static readonly (string Typed, string Words)[] Lines =
    [
        ("upgr^", "<upgrade>"), ("image bu^--fo^sq^", "<image><build><--format><squashfs>"),
        ("image build --format=sq^", "<image><build><--format=squashfs>"), ("pin pas^", "<pin><passive>"),
        ("completion fi^", "<completion><fish>"), ("help kar^ad^", "<help><kargs><add>"), ("upgrade my-im^", "<upgrade><my-image.img>"),
        ("upgrade --im^my-im^", "<upgrade><--image><my-image.img>"), ("upgrade --image=my-im^", "<upgrade><--image=my-image.img>"),
        ("upgrade a^", "<upgrade><a b.img>"), ("upgrade --host my-d^", "<upgrade><--host><my-dir>"),
        ("lint --strict my-y^", "<lint><--strict><my-yaml>"), ("assess my^", "<assess><my>"), ("pin act^my^", "<pin><active><my>"),
    ];

    [Fact]
    public void Every_verb_option_and_value_is_offered()
    {
        var (verbs, options, values) = (0, 0, 0);
        foreach (var (words, command) in HelpCommandTests.Commands())
        {
            foreach (var verb in command.Subcommands.Where(verb => !verb.Hidden))
            {
                Assert.Contains((verb.Name, verb.Description), Of([.. words, verb.Name[..1]]).Candidates);
                Assert.Contains((verb.Name, verb.Description), Of(["help", .. words, ""]).Candidates);
                verbs++;
            }

            foreach (var option in command.Options)
            {
                Assert.Contains((option.Name, option.Description), Of([.. words, "--"]).Candidates);
                Assert.Contains((option.Name, option.Description), Of([.. words, option.Name]).Candidates);
                options++;
                if (option.Arity.MinimumNumberOfValues == 0) continue;
                foreach (var value in option.GetCompletions(CompletionContext.Empty).Select(item => item.Label))
                {
                    Assert.Equal([value], Of([.. words, option.Name, value]).Candidates.Select(one => one.Word));
                    Assert.Equal([value], Of([.. words, option.Name, "=", value]).Candidates.Select(one => one.Word));
                    Assert.Equal([$"{option.Name}={value}"], Of([.. words, $"{option.Name}={value}"]).Candidates.Select(one => one.Word));
                    values++;
                }
            }
        }

        Assert.True(verbs > 25 && options > 100 && values > 10, $"{verbs} verbs, {options} options, {values} values");
    }

    [Theory]
    [InlineData("files", "", "upgrade", "")]
    [InlineData("files", "", "upgrade", "--image", "")]
    [InlineData("files", "", "upgrade", "--image", "=")]
    [InlineData("files", "", "upgrade", "--image=x")]
    [InlineData("directories", "", "upgrade", "--root", "x")]
    [InlineData("directories", "", "man", "")]
    [InlineData("files", "", "lint", "a.yaml", "b.yaml", "")]
    [InlineData("files", "", "image", "build", "-o", "x")]
    [InlineData("words", "", "image", "build", "-o", "x", "tree", "x")]
    [InlineData("words", "active passive recovery", "kargs", "--state", "/x", "add", "nosmt", "--slot", "")]
    [InlineData("words", "--slot --json --state --help", "kargs", "clear", "")]
    [InlineData("words", "passive", "pin", "--", "p")]
    [InlineData("words", "", "pin", "--", "--s")]
    [InlineData("files", "", "pin", "--state=")]
    [InlineData("words", "", "upgrade", "--none=x")]
    [InlineData("words", "", "help", "upgrade", "")]
    [InlineData("words", "completion", "comple")] // not the verb that the scripts run
    public void What_follows_depends_on_the_words_before(string kind, string expected, params string[] words)
    {
        var completion = Of(words);
        Assert.Equal(kind, completion.Kind);
        Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(),
            completion.Candidates.Select(one => one.Word).Order());
    }

    [Fact]
    public void Bash_completes_verbs_options_values_and_files() => Type("bash", "bash", "--norc", "--noprofile", "-i");

    [Fact]
    public void Zsh_completes_verbs_options_values_and_files() => Type("zsh", "zsh", "-f", "-i");

    [Fact]
    public void Fish_completes_verbs_options_values_and_files()
    {
        MakeFiles();
        WriteText("kboot.fish", Run(0, ["completion", "fish"], isOnState: false));
        foreach (var (typed, expected) in Lines.Where(line => line.Typed.Count(c => c == '^') == 1 && !line.Typed.Contains("=my")))
        {
            var line = typed.TrimEnd('^');
            var offered = HostTool.Shell($"cd '{PathOf("here")}'; PATH='{PathOf("bin")}':$PATH HOME='{PathOf("")}' fish --no-config -c " +
                $"'source ../kboot.fish; complete -C \"kboot {line}\"'").Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var word = expected.Split('<')[^1].TrimEnd('>');
            if (word == "my") Assert.Empty(offered);
            else Assert.Equal(word, offered[0].Split('\t')[0].TrimEnd('/').Replace("\\", ""));
        }
    }

    [Fact]
    public void Without_the_program_that_was_typed_nothing_is_completed()
    {
        WriteText("script", Run(0, ["completion", "bash"], isOnState: false));
        Assert.Equal("0", HostTool.Shell($"bash -c 'compopt() {{ :; }}; source {PathOf("script")}; COMP_WORDS=(/none/kboot u); " +
            "COMP_CWORD=1; _kboot; echo ${#COMPREPLY[@]}'").Trim());
    }

    private static Completion Of(string[] words) => Completion.Of(KbootCommand.Create(), words);

    private void Type(string shell, params string[] start)
    {
        MakeFiles();
        var script = WriteText("script", Run(0, ["completion", shell], isOnState: false));
        var prepare = (shell == "zsh" ? "autoload -U compinit; compinit -u -D; " : "") +
            $"source {script}; cd {PathOf("here")}; PS1=ty'ped> '; kboot start";
        WriteText("lines", string.Concat(Lines.Select(line => $"kboot {line.Typed}\n").Prepend(prepare + "\n")));
        WriteText("typist", Typist);
        var output = HostTool.Shell($"PATH='{PathOf("bin")}':$PATH HOME='{PathOf("")}' expect '{PathOf("typist")}' '{PathOf("lines")}' " +
            string.Join(' ', start));
        var got = output.Split("got:").Skip(1).Select(rest => rest[..rest.IndexOf(":end", StringComparison.Ordinal)].Replace("/>", ">"));
        Assert.Equal(Lines.Select(line => line.Words).Prepend("<start>"), got);
    }

    // kboot for "complete" only: the other verbs print their words.
    private void MakeFiles()
    {
        foreach (var name in new[] { "my-image.img", "a b.img", "my-dish.img", "my-yaml" }) WriteText("here/" + name, "");
        Directory.CreateDirectory(PathOf("here/my-dir"));
        var program = WriteText("bin/kboot",
            "#!/bin/sh\n[ \"$1\" = complete ] || { printf got:; printf '<%s>' \"$@\"; echo :end; exit; }\n" +
            $"exec {string.Join(' ', Program.Select(word => $"'{word}'"))} \"$@\"\n");
        HostTool.Run("chmod", "755", program);
    }
}
