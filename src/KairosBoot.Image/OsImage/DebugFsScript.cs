using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Changes an ext4 file system in a file without mounting it: commands for one run of debugfs(8).</summary>
internal sealed class DebugFsScript
{
    private readonly List<Action<DebugFsCommands>> changes = [];
    private readonly Dictionary<string, string> valueFiles = [];

    internal DebugFsScript MakeDirectory(string path, int mode = Octal.O755) =>
        Add(commands => commands.MakeDirectory(path).SetMode(path, TypeBits(FileType.Directory) | mode));

    internal DebugFsScript Write(string source, string path, int mode = Octal.O644) =>
        Add(commands => commands.WriteFile(source, path).SetOwner(path, 0, 0).SetMode(path, TypeBits(FileType.Regular) | mode));

    internal DebugFsScript Link(string target, string path) => Add(commands => commands.MakeLink(path, target));

    internal DebugFsScript MakeNode(TreeMember member) => Add(commands => _ = member.Type == FileType.Fifo
        ? commands.MakeFifo(member.Path)
        : commands.MakeDevice(member.Path, member.Type == FileType.BlockDevice, member.DeviceMajor, member.DeviceMinor));

    /// <summary>Gives a file in the image its owner, mode and attributes.</summary>
    internal DebugFsScript Apply(TreeMember member, TemporaryDirectory scratch) => Add(commands =>
    {
        commands.SetOwner(member.Path, member.Uid, member.Gid);
        if (member.Type != FileType.Symlink)
            commands.SetMode(member.Path, TypeBits(member.Type) | member.Mode);
    }).SetAttributes(member.Path, member.ExtendedAttributes, scratch);

    /// <summary>Sets the upper bits of the seconds of a file's time.</summary>
    internal DebugFsScript SetEpoch(string path, int epoch) => Add(commands => commands.SetEpoch(path, epoch));

    /// <summary>Gives a file in the image its attributes. The path is empty for the top directory.</summary>
    internal DebugFsScript SetAttributes(
        string path, IReadOnlyList<(XattrName Name, byte[] Value)> attributes, TemporaryDirectory scratch) =>
        Add(commands =>
        {
            foreach (var (name, value) in attributes) commands.SetAttribute(path, name, ValueFile(value, scratch));
        });

    /// <summary>Runs the commands.</summary>
    /// <param name="image">A file; <c>?offset=BYTES</c> is appended if the file system is part of a disk.</param>
    /// <param name="scratch">Takes a file with the commands.</param>
    /// <param name="seconds">Timestamp of the new files, in seconds since 1970.</param>
    internal void Run(string image, TemporaryDirectory scratch, long seconds)
    {
        var commands = new DebugFsCommands().SetCurrentTime(seconds);
        changes.ForEach(change => change(commands));
        var script = scratch.File("debugfs");
        HostFile.Write(script, commands.ToBytes());
        var output = Tool.DebugFs.Run(new ToolArguments().Options("-w").Option("-f", script).Path(image), scratch.Interrupt,
            ("DEBUGFS_PAGER", "cat"), ("PAGER", "cat")).Errors;

        // debugfs exits with 0 even if a command failed. Without an error it prints only its version to stderr.
        var complaints = output.Split('\n').Where(line => line.Length > 0 && !line.StartsWith("debugfs ", StringComparison.Ordinal))
            .ToList();
        if (complaints.Count > 0) throw Tool.DebugFs.Failed(string.Join('\n', complaints), image);
    }

    // A value may contain any byte and be longer than a line of debugfs, so it goes to a file. Many files have the same label: one file per
    // value.
    private string ValueFile(byte[] value, TemporaryDirectory scratch)
    {
        var key = Convert.ToBase64String(value);
        if (!valueFiles.TryGetValue(key, out var file))
        {
            file = scratch.File($"attribute.{valueFiles.Count}");
            HostFile.Write(file, value);
            valueFiles.Add(key, file);
        }

        return file;
    }

    private DebugFsScript Add(Action<DebugFsCommands> change)
    {
        changes.Add(change);
        return this;
    }

    private static int TypeBits(FileType type) => type switch
    {
        FileType.Directory => 0x4000,
        FileType.CharacterDevice => 0x2000,
        FileType.BlockDevice => 0x6000,
        FileType.Fifo => 0x1000,
        _ => 0x8000,
    };
}
