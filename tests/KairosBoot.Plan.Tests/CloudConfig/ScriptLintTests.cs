using System.Diagnostics;
using KairosBoot.CloudConfig.Booted;

namespace KairosBoot.Plan.Tests;

public class ScriptLintTests
{
    private static readonly string[] Words =
        ["a", "if", "then", "fi", "do", "done", "case", "esac", "in", "for", "while", "select", "function", "time", "coproc", "A=b", "a.b",
            "-x", "%1", "+x", "=", "2", ":", "@", ",", "/bin/x", "\n", " ", "'", "\"", "`", "$(",
            ")", "(", "{", "}", "<<E", "E", ";", "&", "|", "\\", "#", "!"];

    private static bool CanParse(string shell, string script)
    {
        var start = new ProcessStartInfo(shell, ["-n", "-c", script]) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static string Script(Random random) =>
        string.Join(random.Next(3) == 0 ? "" : " ", Enumerable.Range(0, random.Next(1, 6)).Select(_ => Words[random.Next(Words.Length)]));

    [Fact]
    public void Every_shell_can_parse_the_commands_that_need_no_shell()
    {
        var random = new Random(5);
        var found = 0;
        for (var i = 0; found < (Environment.GetEnvironmentVariable("KAIROSBOOT_ALL") is "1" ? 3000 : 150); i++)
        {
            var script = Script(random);
            if (!PlainCommands.Are(script)) continue;
            found++;
            foreach (var shell in (string[])["/bin/sh", "/bin/bash"])
                Assert.True(!File.Exists(shell) || CanParse(shell, script), $"{shell} cannot parse {script}");
        }
    }

    [Theory]
    [InlineData("if")]
    [InlineData("a\nthen")]
    [InlineData("a 'b")]
    [InlineData("a > b")]
    [InlineData("a ; b")]
    [InlineData("$a")]
    [InlineData("~")]
    [InlineData("a\\")]
    [InlineData("\t")]
    public void Other_scripts_need_a_shell(string script) => Assert.False(PlainCommands.Are(script));

    /// <summary>An open quote or here-document of one script does not hide the fault of the next one.</summary>
    [Fact]
    public void Each_of_many_scripts_has_the_result_of_a_shell_of_its_own()
    {
        var random = new Random(7);
        var count = Environment.GetEnvironmentVariable("KAIROSBOOT_ALL") is "1" ? 2000 : 300;
        List<string> scripts = [.. Enumerable.Range(0, count).Select(_ => Script(random))];
        var lines = scripts.Select(script => script.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n"))
            .Select(script => $"  - commands: [\"{script}\"]\n");
        var faulty = ConfigLint.Check("stages:\n  boot:\n" + string.Concat(lines), "f")
            .Where(problem => problem.Key == "commands").Select(problem => problem.Line).ToHashSet();
        for (var i = 0; i < scripts.Count; i++)
            Assert.True(faulty.Contains(i + 3) == !CanParse("/bin/sh", scripts[i]), $"line {i + 3}: {scripts[i]}");
    }

    [Fact]
    public void Many_equal_scripts_start_one_shell()
    {
        var watch = Stopwatch.StartNew();
        var commands = string.Concat(Enumerable.Repeat("    - 'a | b'\n", 100_000));
        Assert.Empty(ConfigLint.Check("stages:\n  boot:\n  - commands:\n" + commands, "f"));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"{watch.Elapsed}");
    }
}
