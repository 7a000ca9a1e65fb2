using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>The real programs read the scripts that are written for them: as many commands as were written, and no other.</summary>
public class ToolScriptTests : Scratch
{
    private static readonly string[] Hostile =
    [
        "\"; !touch canary", "!touch canary", "#", "\\", "\\\"", "'", "$(touch canary)", "`touch canary`", "<2>", "-f", " ", "a b", "\" \"", "\uDC80\uDCFF", "é", "x f 644 0 0 touch canary",
        "\n!touch canary", "\r!touch canary", "\nx f 644 0 0 touch canary", "\t", "\x01", "\x7f",
    ];

    public static IEnumerable<string> Paths()
    {
        for (var b = 1; b < 256; b++)
            if (b != '/') yield return $"n{(b < 0x80 ? (char)b : (char)(0xDC00 + b))}e{b}";
        foreach (var name in Hostile) yield return $"n{name}";
        foreach (var name in Hostile) yield return name;
        for (var length = 200; length < 255; length++) yield return new string('"', length);
    }

    [Fact]
    public void Debugfs_runs_exactly_the_written_commands()
    {
        var image = PathOf("image");
        HostTool.Shell($"truncate -s 16M '{image}' && mke2fs -q -F -t ext4 -N 2000 '{image}'");
        var script = new DebugFsCommands();
        var written = Write(path => script.MakeDirectory(path).SetOwner(path, 7, 8).SetMode(path, 0x4000 | Octal.O700));
        // So deep that the paths do not fit in a line.
        var deep = new StringBuilder(new string('"', 255));
        for (var depth = 0; depth < 15; depth++)
        {
            script.MakeDirectory(deep.ToString()).SetOwner(deep.ToString(), 7, 8);
            deep.Append('/').Append('"', 255);
        }

        File.WriteAllBytes(PathOf("script"), script.ToBytes());
        var said = HostTool.Shell($"cd '{PathOf("")}' && debugfs -w -f script '{image}' 2>&1");
        Assert.Equal(script.Count, said.Split('\n').Count(line => line.StartsWith("debugfs: ")));
        Assert.All(said.Split('\n'), line => Assert.True(line.Length == 0 || line.StartsWith("debugfs"), line)); // what was read, and its version
        Assert.False(File.Exists(PathOf("canary")));
        HostTool.Run("e2fsck", "-fn", image);
        Assert.Equal(written, HostTool.Shell($"debugfs -R 'ls -p /' '{image}' | grep -ac /040700/7/8/").Trim() is var count ? int.Parse(count) : 0);
    }

    [Fact]
    public void Mksquashfs_creates_exactly_the_written_files()
    {
        Directory.CreateDirectory(PathOf("tree"));
        var definitions = new SquashfsDefinitions();
        File.WriteAllText(PathOf("content"), "text");
        var written = Write(path => definitions.MakeDirectory(path, Octal.O700));
        File.CreateSymbolicLink(PathOf(definitions.WriteFile("a file", Octal.O600)), PathOf("content"));
        File.WriteAllBytes(PathOf("script"), definitions.ToBytes());
        HostTool.Shell($"cd '{PathOf("")}' && mksquashfs '{PathOf("tree")}' image -noappend -quiet -no-progress -pf '{PathOf("script")}'");
        Assert.False(File.Exists(PathOf("canary")));
        Assert.Equal(definitions.Count, written + 1);
        Assert.Equal(written, int.Parse(HostTool.Shell($"unsquashfs -lln '{PathOf("image")}' | grep -ac '^drwx------ 0/0'").Trim()));
    }

    /// <summary>How many could be written. A path with a control character cannot.</summary>
    private static int Write(Action<string> write)
    {
        var written = 0;
        foreach (var path in Paths().Distinct())
        {
            if (path.Any(char.IsControl))
            {
                Assert.Throws<OperatorException>(() => write(path));
                continue;
            }

            write(path);
            written++;
        }

        return written;
    }
}
