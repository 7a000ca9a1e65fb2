using System.Globalization;

namespace KairosBoot.Plan;

/// <summary>
/// A script for <c>debugfs -f</c>. It reads a line into 8192 bytes (fgets), takes what a longer one has left as the next command, ends a line at a
/// carriage return too, and gives a line that starts with <c>!</c> to a shell. So each line here starts with a command of this source, and a line that
/// would be longer is written in steps through the directories. A word in quotes has only the quote to be doubled (libss, parse.c).
/// </summary>
public sealed class DebugFsCommands
{
    /// <summary>Bytes of a line without its line feed: BUFSIZ less the line feed and the NUL.</summary>
    public const int MaxLineBytes = 8190;

    private const string Program = "debugfs";
    private readonly MemoryStream text = new();

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    public byte[] ToBytes() => text.ToArray();

    /// <summary>The time of what is created from here on.</summary>
    public DebugFsCommands SetCurrentTime(long seconds) => Add($"set_current_time @{seconds.ToString(CultureInfo.InvariantCulture)}");

    /// <param name="path">As all paths here: without a leading slash. Its directory exists.</param>
    public DebugFsCommands MakeDirectory(string path) => InDirectoryOf(path, name => $"mkdir {name}");

    /// <param name="source">A file of the host.</param>
    /// <param name="path">Where it is copied to.</param>
    public DebugFsCommands WriteFile(string source, string path) => InDirectoryOf(path, name => $"write {Quote(source)} {name}");

    public DebugFsCommands MakeLink(string path, string target) => InDirectoryOf(path, name => $"symlink {name} {Quote(target)}");

    public DebugFsCommands MakeFifo(string path) => InDirectoryOf(path, name => $"mknod {name} p");

    public DebugFsCommands MakeDevice(string path, bool isBlock, int major, int minor) =>
        InDirectoryOf(path, name => $"mknod {name} {(isBlock ? 'b' : 'c')} {Number(major)} {Number(minor)}");

    public DebugFsCommands SetOwner(string path, int uid, int gid) =>
        At(path, file => $"sif {file} uid {Number(uid)}").At(path, file => $"sif {file} gid {Number(gid)}");

    /// <param name="path">The file.</param>
    /// <param name="typeAndMode">As st_mode of stat(2).</param>
    public DebugFsCommands SetMode(string path, int typeAndMode) => At(path, file => $"sif {file} mode 0{Convert.ToString(typeAndMode, 8)}");

    /// <param name="path">The file.</param>
    /// <param name="name">The attribute.</param>
    /// <param name="valueFile">A file of the host with its value: bytes that no line could carry.</param>
    public DebugFsCommands SetAttribute(string path, XattrName name, string valueFile) => At(path, file => $"ea_set -f {Quote(valueFile)} {file} {Quote(name.Text)}");

    /// <summary>One request for <c>debugfs -R</c>.</summary>
    /// <param name="command">As this source spells it.</param>
    /// <param name="path">Without a leading slash.</param>
    public static string Request(string command, string path)
    {
        var request = $"{command} {Absolute(path)}";
        ToolText.RequireLine(request, MaxLineBytes, Program);
        return request;
    }

    // These commands take a name in the current directory, not a path.
    private DebugFsCommands InDirectoryOf(string path, Func<string, string> command)
    {
        ToolText.RequireMember(path, Program);
        var slash = path.LastIndexOf('/');
        return Enter(slash < 0 ? "" : path[..slash]).Add(command(Quote(path[(slash + 1)..])));
    }

    private DebugFsCommands At(string path, Func<string, string> command)
    {
        ToolText.RequireMember(path, Program);
        var line = command(Absolute(path));
        if (Fits(line)) return Add(line);
        var slash = path.LastIndexOf('/');
        // With ./ before it, a name in angle brackets is not taken for the number of an inode.
        return Enter(slash < 0 ? "" : path[..slash]).Add(command(Quote("./" + path[(slash + 1)..])));
    }

    private DebugFsCommands Enter(string directory)
    {
        var line = $"cd {Absolute(directory)}";
        if (Fits(line)) return Add(line);
        Add("cd \"/\"");
        foreach (var part in directory.Split('/')) Add($"cd {Quote("./" + part)}");
        return this;
    }

    private DebugFsCommands Add(string line)
    {
        text.Write(ToolText.RequireLine(line, MaxLineBytes, Program));
        text.WriteByte((byte)'\n');
        Count++;
        return this;
    }

    private static bool Fits(string line) => line.Length <= MaxLineBytes / 3 || FileName.Encode(line).AsSpan().TrimEnd((byte)0).Length <= MaxLineBytes;

    private static string Absolute(string path) => Quote("/" + path);

    private static string Quote(string word) => $"\"{ToolText.RequirePlain(word, Program).Replace("\"", "\"\"")}\"";

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
