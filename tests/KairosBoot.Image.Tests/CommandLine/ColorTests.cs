using System.Text.RegularExpressions;

namespace KairosBoot.Image.Tests.CommandLine;

/// <summary>Colours, on a pseudo-terminal of script(1) and in files.</summary>
public class ColorTests : StateCommands
{
    private const string Red = "\e[31m", Green = "\e[32m", Yellow = "\e[33m", Cyan = "\e[36m", Default = "\e[0m";

    // Standard output has one warning, one error and one fix; standard error of the second has a failure and its fix.
    private string Lint => $"lint --root '{PathOf("tree")}' '{PathOf("warned.yaml")}'";

    private string Fail => $"status --state '{PathOf("none")}'";

    public ColorTests()
    {
        Directory.CreateDirectory(PathOf("tree"));
        WriteText("warned.yaml", "stages:\n  boot:\n    - hostnam: node\n");
    }

    [Fact]
    public void Each_stream_that_is_a_terminal_has_colours_and_no_other_one()
    {
        Assert.Contains($"{Red}error:{Default} the tree ", OnTerminal(Lint));
        Assert.Contains($"\r\n  {Cyan}to fix:{Default} ", OnTerminal(Lint));
        Assert.Contains($"{Yellow}warning:{Default} ", OnTerminal(Lint));
        var failure = $"{Red}kboot:{Default} {PathOf("none")} does not exist\r\n  {Cyan}to fix:{Default} give --state ";
        Assert.Contains(failure, OnTerminal(Fail));
        Assert.Contains(failure, OnTerminal($"{Fail} > '{PathOf("out")}'"));
        Assert.Contains($"{Red}error:{Default} ", OnTerminal($"{Lint} 2> '{PathOf("err")}'"));
        string[] redirected = [$"{Lint} > '{PathOf("out")}'", $"{Fail} 2> '{PathOf("err")}'", $"{Lint} | cat", $"{Fail} 2>&1 | cat"];
        foreach (var command in redirected)
            Assert.DoesNotContain("\e[3", OnTerminal(command));
        Assert.Contains("\nerror: the tree ", File.ReadAllText(PathOf("out")));
        Assert.StartsWith("kboot: ", File.ReadAllText(PathOf("err")));
    }

    [Theory]
    [InlineData("NO_COLOR=1", false)]
    [InlineData("NO_COLOR=0", false)]
    [InlineData("NO_COLOR=", true)]
    [InlineData("TERM=dumb", false)]
    [InlineData("TERM=", false)]
    [InlineData("-u TERM", false)]
    [InlineData("TERM=linux", true)]
    public void The_environment_can_turn_colours_off(string variable, bool hasColors)
    {
        Assert.Equal(hasColors, OnTerminal(Lint, variable).Contains(Red));
        Assert.Equal(hasColors, OnTerminal(Fail, variable).Contains(Red));
    }

    [Theory]
    [InlineData("good", Green)]
    [InlineData("degraded", Yellow)]
    [InlineData("failed", Red)]
    [InlineData("other", "")]
    [InlineData(@"\u001b[31mgood", "")]
    public void A_verdict_has_its_colour(string verdict, string color)
    {
        WriteText("machine/report.json", $$"""
            {"schema": 1, "verdict": "{{verdict}}", "slot": "active", "image": "good", "kernel": "good", "kernelMicroseconds": 1,
            "stageMicroseconds": 1, "imageId": "good", "phases": {}, "problems": [], "steps": [], "devices": []}
            """);
        var report = OnTerminal($"report --state '{PathOf("machine")}'");
        var shown = verdict.Replace(@"\u001b", @"\x1b");
        Assert.StartsWith(color.Length > 0 ? $"{color}{shown}{Default}: active, image good, " : $"{shown}: active, image good, ", report);
        Assert.Equal(color.Length > 0 ? 2 : 0, report.Count(c => c == '\e'));
    }

    [Fact]
    public void Text_from_outside_has_no_colour_and_moves_no_cursor()
    {
        var count = OnTerminal(Lint).Count(c => c == '\e');
        const string Hostile = "\e[31mred\e[2J\e[H\r\nerror: a\n  to fix: b\n\e]0;title\a\u009b31m\u202e.yaml";
        var file = WriteText(Hostile, "stages:\n  boot:\n    - hostnam: node\n");
        WriteText("words", $"lint --root '{PathOf("tree")}' '{file}'");
        var output = OnTerminal(File.ReadAllText(PathOf("words")));
        Assert.Contains(@"\x1b[31mred\x1b[2J\x1b[H\x0d", output);
        Assert.Equal(count, output.Count(c => c == '\e'));
        foreach (var command in (string[])[output, OnTerminal($"status --state '{PathOf("no" + Hostile)}'")])
        {
            var text = Regex.Replace(command, "(?m)^((?:  )?)\e\\[3[1236]m(kboot:|error:|warning:|to fix:)\e\\[0m ", "$1$2 ");
            Assert.DoesNotContain(text.Replace("\r\n", "\n"), c => char.IsControl(c) && c != '\n' || c == '\u202e');
        }
    }

    /// <summary>What a terminal receives from kboot.</summary>
    /// <param name="command">Words of a shell after kboot.</param>
    /// <param name="variable">Words of env(1).</param>
    private string OnTerminal(string command, string variable = "TERM=xterm")
    {
        WriteText("run.sh", $"exec {string.Join(' ', Program.Select(word => $"'{word}'"))} {command}\n");
        return HostTool.Run("env", ["-u", "NO_COLOR", .. variable.Split(' '), .. variable.Contains("TERM") ? [] : (string[])["TERM=xterm"],
            "script", "-qc", $"sh '{PathOf("run.sh")}'", "/dev/null"]);
    }
}
