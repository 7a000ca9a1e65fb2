using System.Globalization;

namespace KairosBoot.Plan;

/// <summary>
/// A script for <c>debugfs -f</c>. debugfs reads a line into 8192 bytes (fgets) and takes the rest of a longer one as the next command. It
/// also ends a line at a carriage return, and passes a line that starts with <c>!</c> to a shell. So each line here starts with a command
/// of this source, and a line that would be too long is split into steps through the directories. In a quoted word, only the quote must be
/// doubled (libss, parse.c).
/// </summary>
public sealed class DebugFsCommands
{
    /// <summary>Bytes of a line without its line feed: BUFSIZ less the line feed and the NUL.</summary>
    public const int MaxLineBytes = 8190;

    private const string Program = "debugfs";
    private readonly MemoryStream text = new();

    /// <summary>Number of lines.</summary>
    public int Count { get; private set; }

    public byte[] ToBytes() => text.ToArray();

    /// <summary>Sets the time of the files created after it.</summary>
    public DebugFsCommands SetCurrentTime(long seconds) => Add($"set_current_time @{seconds.ToString(CultureInfo.InvariantCulture)}");

    /// <param name="path">Like all paths here: without a leading slash. Its directory exists.</param>
    public DebugFsCommands MakeDirectory(string path) => InDirectoryOf(path, name => $"mkdir {name}");

    /// <param name="source">A file on the host.</param>
    /// <param name="path">Where it is copied to.</param>
    public DebugFsCommands WriteFile(string source, string path) => InDirectoryOf(path, name => $"write {Quote(source)} {name}");

    public DebugFsCommands MakeLink(string path, string target) => InDirectoryOf(path, name => $"symlink {name} {Quote(target)}");

    public DebugFsCommands MakeFifo(string path) => InDirectoryOf(path, name => $"mknod {name} p");

    public DebugFsCommands MakeDevice(string path, bool isBlock, int major, int minor) =>
        InDirectoryOf(path, name => $"mknod {name} {(isBlock ? 'b' : 'c')} {Number(major)} {Number(minor)}");

    public DebugFsCommands SetOwner(string path, uint uid, uint gid) =>
        At(path, file => $"sif {file} uid {Number(uid)}").At(path, file => $"sif {file} gid {Number(gid)}");

    /// <param name="path">The file.</param>
    /// <param name="typeAndMode">st_mode as in stat(2).</param>
    public DebugFsCommands SetMode(string path, int typeAndMode) =>
        At(path, file => $"sif {file} mode 0{Convert.ToString(typeAndMode, 8)}");

    /// <summary>Sets i_mtime_extra: the bits of the seconds above 32, and no nanoseconds.</summary>
    public DebugFsCommands SetEpoch(string path, int epoch) => At(path, file => $"sif {file} mtime_extra {Number(epoch)}");

    /// <param name="path">The file.</param>
    /// <param name="name">The attribute.</param>
    /// <param name="valueFile">A file on the host with the value, which may have bytes that a line cannot contain.</param>
    public DebugFsCommands SetAttribute(string path, XattrName name, string valueFile) =>
        At(path, file => $"ea_set -f {Quote(valueFile)} {file} {Quote(name.Text)}");

    /// <summary>One request for <c>debugfs -R</c>.</summary>
    /// <param name="command">A constant of this source.</param>
    /// <param name="path">Without a leading slash.</param>
    public static string Request(string command, string path)
    {
        var request = $"{command} {Absolute(path)}";
        ToolText.RequireLine(request, MaxLineBytes, Program);
        return request;
    }

    /// <summary>One request that copies a file out of the file system.</summary>
    /// <param name="path">Without a leading slash.</param>
    /// <param name="target">The copy on the host.</param>
    public static string Dump(string path, string target)
    {
        var request = $"dump {Absolute(path)} {Quote(target)}";
        ToolText.RequireLine(request, MaxLineBytes, Program);
        return request;
    }

    // These commands take a name in the current directory, not a path.
    private DebugFsCommands InDirectoryOf(string path, Func<string, string> command)
    {
        ToolText.RequireMember(path, Program);
        return Enter(PathParts.ParentOf(path)).Add(command(Quote(PathParts.NameOf(path))));
    }

    private DebugFsCommands At(string path, Func<string, string> command)
    {
        // The empty path is the top directory.
        if (path.Length > 0) ToolText.RequireMember(path, Program);
        var line = command(Absolute(path));
        if (Fits(line)) return Add(line);
        // The prefix ./ keeps debugfs from taking a name in angle brackets for an inode number.
        return Enter(PathParts.ParentOf(path)).Add(command(Quote("./" + PathParts.NameOf(path))));
    }

    private DebugFsCommands Enter(string directory)
    {
        var line = $"cd {Absolute(directory)}";
        if (Fits(line)) return Add(line);
        Add("cd \"/\"");
        foreach (var part in PathParts.NamesOf(directory)) Add($"cd {Quote("./" + part)}");
        return this;
    }

    private DebugFsCommands Add(string line)
    {
        text.Write(ToolText.RequireLine(line, MaxLineBytes, Program));
        text.WriteByte((byte)'\n');
        Count++;
        return this;
    }

    private static bool Fits(string line) =>
        line.Length <= MaxLineBytes / 3 || FileName.Encode(line).AsSpan().TrimEnd((byte)0).Length <= MaxLineBytes;

    private static string Absolute(string path) => Quote("/" + path);

    private static string Quote(string word) => $"\"{ToolText.RequirePlain(word, Program).Replace("\"", "\"\"")}\"";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
