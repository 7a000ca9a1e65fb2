using System.Text;
using System.Text.RegularExpressions;
using KairosBoot.CloudConfig;
using KairosBoot.Linux;
using Xunit.Abstractions;

namespace KairosBoot.Plan.Tests;

/// <summary>
/// Random conditions, also damaged ones, compared with dash and GNU grep. What the evaluator decides, they must decide the same way.
/// KAIROSBOOT_FUZZ_SEED sets another seed.
/// </summary>
public sealed class GeneratedConditionTests : IDisposable
{
    private const string Dash = "/bin/dash";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private static readonly string[] Commands =
        ["true", "false", "no-such-command", "!", "if", "A=1", "'true'", "tr\\ue", "\"!\"", "[", "test", "'[' -e /etc ]", ":", "#c\ntrue"];
    private static readonly string[] Operations =
        ["-e", "-f", "-d", "-r", "-s", "-L", "-x", "-h", "-n", "-z", "! -e", "! -f", "! -d", "=", "\"-e\"", "'!' -f", "-e -a"];
    private static readonly string[] Options =
        ["-q", "-q", "-q", "-q", "-qw", "-qi", "-qv", "-qF", "-qx", "-q -e", "-q --", "-c", "-qE", "\"-q\"", ""];
    private static readonly string[] Joints =
        [" && ", " || ", "&&", "||", " &&\n ", " ||\n", "\n", "\n\n", "; ", " ", " \\\n&& ", " | ", "\r\n"];
    private static readonly string[] Words =
    [
        "root", "ro.t", "cos-img/filename=/cOS/active.img", ".cOS", "active", "img end", "a+b", "a*b", "x:0", "^first", "last$", "[a]",
            "\\.", "", ".", "..", "-v", "first.second", "caf", "é", "a,b@c%d_e-f", "{}", "E",
    ];
    private const string Damage = "()!&|\n \"'\\#;]\t\r[~*.-=aé";

    private readonly ITestOutputHelper output;
    private readonly string scratch = Directory.CreateTempSubdirectory("kairosboot-conditions-").FullName;
    private readonly string[] paths;
    private readonly Random random;
    private readonly int seed;

    public GeneratedConditionTests(ITestOutputHelper output)
    {
        this.output = output;
        seed = int.TryParse(Environment.GetEnvironmentVariable("KAIROSBOOT_FUZZ_SEED"), out var given) ? given : 20261127;
        random = new Random(seed);
        Directory.CreateDirectory(scratch + "/dir/sub");
        File.WriteAllText(scratch + "/text", "first\nsecond root x:0\nrd.cos cos-img/filename=/cOS/active.img end\na,b@c%d_e-f a+b\nlast");
        File.WriteAllText(scratch + "/utf8", "caf\u00e9 root\n.cOS\n");
        File.WriteAllBytes(scratch + "/binary", [0, 1, 255, .. "root\nactive\n"u8, 0xE9, 10]);
        File.WriteAllText(scratch + "/empty", "");
        File.WriteAllText(scratch + "/a b", "root\r\nro\nt");
        File.CreateSymbolicLink(scratch + "/link", "text");
        File.CreateSymbolicLink(scratch + "/dangling", "nowhere");
        File.CreateSymbolicLink(scratch + "/loop", "loop");
        File.CreateSymbolicLink(scratch + "/to-dir", "dir");
        paths =
        [
            .. ((string[])["/text", "/utf8", "/binary", "/empty", "/a b", "/link", "/dangling", "/loop", "/to-dir", "/dir", "/dir/",
                "/text/", "/missing", "/text/below", "//text", "/dir/../text", "/to-dir/"]).Select(path => scratch + path),
            "/", "relative", "",
        ];
    }

    public void Dispose() => Directory.Delete(scratch, recursive: true);

    [Fact]
    public void What_is_evaluated_here_agrees_with_dash_and_grep()
    {
        var count = Environment.GetEnvironmentVariable("KAIROSBOOT_ALL") == "1" ? 50_000 : 2_000;
        output.WriteLine($"seed {seed}, {count} conditions");
        var conditions = new List<string>();
        while (conditions.Count < count)
        {
            var condition = random.Next(4) == 0 ? Damaged(Condition(0)) : Condition(0);
            // An -r that becomes an option of grep would let it read the whole machine, /proc and /sys included.
            if (!Regex.IsMatch(condition, @"grep\b[^&|;()\n]*-r")) conditions.Add(condition);
        }
        // The output of a program is limited.
        var expected = conditions.Chunk(10_000).SelectMany(InDash).ToList();
        var known = new Dictionary<bool, int> { [true] = 0, [false] = 0 };
        for (var i = 0; i < count; i++)
        {
            if (ShellCondition.Evaluate(conditions[i]) is not { } holds) continue;
            known[holds]++;
            Assert.True(holds == expected[i], $"seed {seed}, condition {i}: dash says {expected[i]}, here {holds}:\n{conditions[i]}");
        }
        output.WriteLine($"{known[true]} true, {known[false]} false, the others are left to the shell");
        Assert.True(known[true] > count / 20 && known[false] > count / 20, "too few conditions are evaluated for a proof");
    }

    private T Pick<T>(IReadOnlyList<T> from) => from[random.Next(from.Count)];

    private string Condition(int depth)
    {
        var text = new StringBuilder();
        for (var parts = random.Next(1, 4); parts > 0; parts--)
        {
            if (text.Length > 0) text.Append(random.Next(3) > 0 ? Pick(Joints[..2]) : Pick(Joints));
            if (random.Next(6) == 0) text.Append("! ");
            text.Append(depth < 3 && random.Next(6) == 0 ? $"({(random.Next(2) == 0 ? " " : "")}{Condition(depth + 1)} )" : Command());
        }
        return text.ToString();
    }

    private string Command() => random.Next(10) switch
    {
        0 => Pick(Commands),
        < 4 => $"grep {Pick(Options)} {Quote(Pick(Words))} {Quote(Pick(paths))}",
        < 6 => $"test {Operation()} {Quote(Pick(paths))}",
        _ => $"[ {Operation()} {Quote(Pick(paths))} ]",
    };

    private string Operation() => random.Next(3) > 0 ? Pick(Operations[..6]) : Pick(Operations);

    private string Quote(string word) => random.Next(4) switch
    {
        0 => $"\"{word}\"",
        1 => $"'{word}'",
        2 when word.Length > 0 => word.Replace(" ", "\\ "),
        _ => word.Contains(' ') ? $"'{word}'" : word,
    };

    private string Damaged(string condition)
    {
        var text = new StringBuilder(condition);
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var at = random.Next(text.Length);
            if (random.Next(3) > 0) text.Insert(at, Damage[random.Next(Damage.Length)]);
            else if (text.Length > 1) text.Remove(at, 1);
        }
        return text.ToString();
    }

    /// <summary>One dash for many conditions. A subshell for each keeps a fault of the syntax to itself.</summary>
    private List<bool> InDash(string[] conditions)
    {
        Assert.True(File.Exists(Dash), $"{Dash} is missing; to fix: install dash");
        var script = new StringBuilder();
        foreach (var condition in conditions)
        {
            script.Append("(eval '").Append(condition.Replace("'", "'\\''")).Append("') </dev/null >/dev/null 2>&1 && echo 1 || echo 0\n");
        }

        File.WriteAllText(scratch + "/script", script.ToString());
        var result = ChildProcess.Run(Dash, [scratch + "/script"], ["PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"], Limit);
        File.Delete(scratch + "/script");
        var answers = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(conditions.Length == answers.Length,
            $"seed {seed}: dash does not end at:\n{(answers.Length < conditions.Length ? conditions[answers.Length] : "")}");
        return [.. answers.Select(answer => answer == "1")];
    }
}
