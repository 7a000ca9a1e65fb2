using System.Text;

namespace KairosBoot.Plan.Tests;

/// <summary>
/// Hostile names and values in scripts for other programs, parsed by readers of the programs' grammars. The seed is fixed, so that a
/// failure is reproducible; KAIROSBOOT_PARSER_INPUTS sets the number of inputs, KAIROSBOOT_FUZZ_SEED the seed.
/// </summary>
public class ScriptFuzzTests
{
    private static readonly string[] Pieces =
    [
        "\"", "\"\"", "\\", "'", "\n", "\r", "\0", "!id > /tmp/x", "!", "#", " ", "  ", "\t", ";", "$(id)", "`id`", "<2>", "-f", "..", ".",
            "/", "%s", "f 644 0 0 touch x", " s 777 0 0 ",
        "\uDC80", "\uDCFF", "é", "\U0001F600", "\u0085", "\u2028", "cd", "quit", "user.", "security.", "6.1.0", "\b", "\x1b[2J", "\x7f",
    ];

    private static readonly HashSet<string> KnownCommands = ["cd", "mkdir", "write", "symlink", "mknod", "sif", "ea_set"];

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : otherwise;

    [Fact]
    public void No_name_adds_a_command_for_debugfs_or_mksquashfs()
    {
        var random = new Random(Setting("KAIROSBOOT_FUZZ_SEED", 20260101));
        int inputs = Setting("KAIROSBOOT_PARSER_INPUTS", 5000), written = 0, refused = 0;
        for (var i = 0; i < inputs; i++)
        {
            var (path, value) = (Hostile(random, isPath: true), Hostile(random, isPath: false));
            try
            {
                CheckDebugFs(path, value, random);
                CheckSquashfs(path, value, random);
                CheckCurl(value);
                written++;
            }
            catch (OperatorException refusal)
            {
                Assert.DoesNotContain(refusal.Problem, char.IsControl);
                refused++;
            }
            catch (Exception e) when (
                e is not Xunit.Sdk.XunitException)
            {
                throw new InvalidOperationException(
                $"input {i}: {ToolText.Show(path)} {ToolText.Show(value)}", e);
            }
        }
        // A test in which all or no input is refused would prove nothing.
        Assert.InRange(refused, inputs / 20, inputs * 19 / 20);
        Assert.InRange(written, inputs / 20, inputs * 19 / 20);
    }

    private static void CheckDebugFs(string path, string value, Random random)
    {
        var script = new DebugFsCommands();
        _ = random.Next(6) switch
        {
            0 => script.MakeDirectory(path),
            1 => script.WriteFile("/scratch/" + value, path),
            2 => script.MakeLink(path, value),
            3 => script.MakeDevice(path, isBlock: true, random.Next(), random.Next()),
            4 => script.SetOwner(path, (uint)random.NextInt64(uint.MaxValue), (uint)random.Next())
                .SetMode(path, 0x8000 | random.Next(4096)),
            _ => script.SetAttribute(path, XattrName.Parse("user." + value, path), "/scratch/value"),
        };
        var commands = ScriptReaders.DebugFs(script.ToBytes());
        Assert.Equal(script.Count, commands.Count);
        var directory = "/";
        foreach (var command in commands)
        {
            Assert.Contains(command[0], KnownCommands);
            if (command[0] == "cd") directory = command[1][0] == '/' ? command[1] : $"{directory.TrimEnd('/')}/{command[1][2..]}";
            if (command[0] is "cd") continue;
            var file = command[0] switch { "write" => command[2], "ea_set" => command[3], _ => command[1] };
            if (file[0] != '/') file = $"{directory.TrimEnd('/')}/{(file.StartsWith("./") ? file[2..] : file)}";
            Assert.Equal("/" + AsBytes(path), file);
        }
    }

    private static void CheckSquashfs(string path, string value, Random random)
    {
        var file = new SquashfsDefinitions();
        _ = random.Next(4) switch
        {
            0 => file.MakeDirectory(path, Octal.O755),
            1 => file.MakeLink(path, value),
            2 => file.Modify(path, random.Next(4096), (uint)random.NextInt64(uint.MaxValue), (uint)random.Next()),
            _ => file.WriteFile(path, Octal.O644) == "content.0" ? file : throw new InvalidOperationException(),
        };
        var (name, type, rest) = Assert.Single(ScriptReaders.Squashfs(file.ToBytes()));
        Assert.Equal(AsBytes(path), name);
        Assert.Contains(type, "dsmf");
        if (type == 's') Assert.Equal("777 0 0 " + AsBytes(value), rest);
        if (type == 'f') Assert.Equal("644 0 0 cat content.0", rest);
    }

    private static void CheckCurl(string value)
    {
        var line = new CurlConfig().Set("url", value).Text;
        Assert.Equal(1, line.Count(c => c == '\n'));
        Assert.StartsWith("url = \"", line);
        Assert.EndsWith("\"\n", line);
        var unquoted = new StringBuilder();
        for (var i = 7; i < line.Length - 2; i++)
        {
            // A quote without a backslash would end the value.
            Assert.NotEqual('"', line[i]);
            unquoted.Append(line[i] == '\\' ? line[++i] : line[i]);
        }
        Assert.Equal(value, unquoted.ToString());
    }

    private static string AsBytes(string text) => Encoding.Latin1.GetString(FileName.Encode(text).AsSpan().TrimEnd((byte)0));

    private static string Hostile(Random random, bool isPath)
    {
        var text = new StringBuilder("n");
        var kind = random.Next(200); // the long ones need most of the time
        var count = random.Next(1, 6);
        for (var i = 0; i < count; i++)
        {
            // Most pieces are valid: otherwise hardly any input would reach the script.
            text.Append(random.Next(4) > 0 ? "ab \"'!#\\é<>-"[random.Next(12)].ToString() : Pieces[random.Next(Pieces.Length)]);
            if (isPath && random.Next(3) == 0) text.Append("/n");
        }
        if (kind == 0) text.Append(' ', random.Next(8000, 8400)).Append("!id");
        if (kind == 1) text.Append('"', random.Next(4000, 4200));
        if (kind == 2) text.Append(new string('x', random.Next(16000, 17000)));
        return text.ToString();
    }
}
