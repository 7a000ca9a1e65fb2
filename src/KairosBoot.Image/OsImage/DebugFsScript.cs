using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Changes to an ext4 file system in a file, without mounting it: commands for debugfs(8), run in one go.</summary>
internal sealed class DebugFsScript
{
    private readonly StringBuilder commands = new();
    private readonly Dictionary<string, string> valueFiles = [];

    internal DebugFsScript MakeDirectory(string path, int mode = 0b111_101_101) =>
        In(path, name => $"mkdir {name}").Set(path, "mode", $"0{Convert.ToString(0x4000 | mode, 8)}");

    internal DebugFsScript Write(string source, string path, int mode = 0b110_100_100) =>
        In(path, name => $"write {Quote(source)} {name}").Owner(path, 0, 0).Set(path, "mode", $"0{Convert.ToString(0x8000 | mode, 8)}");

    internal DebugFsScript Link(string target, string path) => In(path, name => $"symlink {name} {Quote(target)}");

    internal DebugFsScript MakeNode(TreeMember member) => In(member.Path, name => member.Type switch
    {
        FileType.Fifo => $"mknod {name} p",
        FileType.BlockDevice => $"mknod {name} b {member.DeviceMajor} {member.DeviceMinor}",
        _ => $"mknod {name} c {member.DeviceMajor} {member.DeviceMinor}",
    });

    /// <summary>Gives a file that is there its owner, mode and attributes.</summary>
    internal DebugFsScript Apply(TreeMember member, TemporaryDirectory scratch)
    {
        Owner(member.Path, member.Uid, member.Gid);
        if (member.Type != FileType.Symlink)
        {
            Set(member.Path, "mode", $"0{Convert.ToString(TypeBits(member.Type) | member.Mode, 8)}");
        }

        foreach (var (name, value) in member.ExtendedAttributes)
        {
            commands.Append($"ea_set -f {Quote(ValueFile(value, scratch))} {Absolute(member.Path)} {Quote(name)}\n");
        }

        return this;
    }

    /// <summary>Runs the commands.</summary>
    /// <param name="image">A file, with <c>?offset=BYTES</c> where the file system is part of a disk.</param>
    /// <param name="scratch">For a file with the commands.</param>
    /// <param name="seconds">The time the new files get.</param>
    internal void Run(string image, TemporaryDirectory scratch, long seconds)
    {
        var script = scratch.File("debugfs");
        File.WriteAllText(script, $"set_current_time @{seconds}\n{commands}");
        var said = Tool.DebugFs.Run(["-w", "-f", script, image], scratch.Interrupt, ("DEBUGFS_PAGER", "cat"), ("PAGER", "cat")).Errors;

        // It exits with 0 even when a command failed; all it says on stderr by itself is its version.
        var complaints = said.Split('\n').Where(line => line.Length > 0 && !line.StartsWith("debugfs ", StringComparison.Ordinal)).ToList();
        if (complaints.Count > 0)
        {
            throw Tool.DebugFs.Failed(string.Join('\n', complaints));
        }
    }

    // A value may be longer than debugfs takes a line, and hold any byte. Labels are alike on many files: one file for each value.
    private string ValueFile(byte[] value, TemporaryDirectory scratch)
    {
        var key = Convert.ToBase64String(value);
        if (!valueFiles.TryGetValue(key, out var file))
        {
            file = scratch.File($"attribute.{valueFiles.Count}");
            File.WriteAllBytes(file, value);
            valueFiles.Add(key, file);
        }

        return file;
    }

    private DebugFsScript Owner(string path, int uid, int gid) => Set(path, "uid", $"{uid}").Set(path, "gid", $"{gid}");

    private DebugFsScript Set(string path, string field, string value)
    {
        commands.Append($"sif {Absolute(path)} {field} {value}\n");
        return this;
    }

    // These commands take a name in the current directory, not a path.
    private DebugFsScript In(string path, Func<string, string> command)
    {
        var slash = path.LastIndexOf('/');
        commands.Append($"cd {Absolute(slash < 0 ? "" : path[..slash])}\n{command(Quote(path[(slash + 1)..]))}\n");
        return this;
    }

    private static string Absolute(string path) => Quote("/" + path);

    internal static string Quote(string word) => word.Contains('\n')
        ? throw new OperatorException($"'{word.Replace("\n", "\\n")}' has a line break in its name", "rename it")
        : $"\"{word.Replace("\"", "\"\"")}\"";

    private static int TypeBits(FileType type) => type switch
    {
        FileType.Directory => 0x4000,
        FileType.CharacterDevice => 0x2000,
        FileType.BlockDevice => 0x6000,
        FileType.Fifo => 0x1000,
        _ => 0x8000,
    };
}
