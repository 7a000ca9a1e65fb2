using System.Text;
using System.Text.Unicode;
using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>
/// Where user-data stays: <c>userdata</c> as it came and, where it is a config, a second time under a name that the next pass reads. Only root reads them,
/// because they hold what passwords and tokens are made of.
/// </summary>
internal static class UserDataFiles
{
    private const string RawName = "userdata";
    private const int DirectoryMode = 0b111_000_000, ScriptMode = 0b111_000_000;

    /// <summary>Writes what has changed, and runs what is a script. Throws <see cref="FormatException"/> for what is neither a config nor a script.</summary>
    /// <param name="data">As found; gzip is unpacked, the config is taken out of a multipart message.</param>
    /// <param name="directory">Made where it is not there.</param>
    /// <param name="name">Of the config in it.</param>
    /// <param name="line">Where in the file.</param>
    /// <param name="run">Renders templates and runs the script.</param>
    internal static void Put(UserData data, string directory, string name, int line, EntryRun run)
    {
        var text = MimeMultipart.CloudConfigOf(Text(data));
        var rendered = Encoding.UTF8.GetBytes(run.Render(text, line, "datasource"));
        var isScript = text.StartsWith("#!", StringComparison.Ordinal);
        Directories.Make(directory, DirectoryMode, uid: 0, gid: 0);
        var raw = $"{directory}/{RawName}";
        WriteChanged(raw, rendered, isScript ? ScriptMode : FilePermissions.OwnerOnly);
        if (isScript)
        {
            run.Tell($"user-data from {data.Source} is a script: running {raw}");
            if (run.RunShell(raw, line, "datasource") is { } code and not 0) run.Fail(line, "datasource", $"{raw}: exit code {code.ToString()}");
            return;
        }
        CheckConfig(text, data.Source);
        WriteChanged($"{directory}/{name}", rendered, FilePermissions.OwnerOnly);
        run.Tell($"user-data from {data.Source} is {directory}/{name}");
    }

    private static string Text(UserData data)
    {
        var content = data.Content is [0x1F, 0x8B, ..] ? Inflate.GUnzip(data.Content) : data.Content;
        if (content.Length > UserDataReader.Largest) throw new FormatException($"{data.Source}: larger than {UserDataReader.LargestText} when unpacked");
        return Utf8.IsValid(content) ? Encoding.UTF8.GetString(content) : throw new FormatException($"{data.Source} is not UTF-8 text");
    }

    private static void CheckConfig(string text, string source)
    {
        try
        {
            if (YamlReader.Read(text) is null or YamlMapping or YamlScalar { IsNull: true }) return;
        }
        catch (YamlFaultException e) { throw new FormatException($"{source} is no script and no config: line {e.Line.ToString()}, column {e.Column.ToString()}: {e.Message}"); }
        throw new FormatException($"{source} is no script and no config: it takes a mapping, such as stages: or #cloud-config keys");
    }

    private static void WriteChanged(string path, byte[] content, int mode)
    {
        if (Syscall.TryLStat(path) is { Type: FileType.Regular } there && there.Mode == mode && there.Size == content.Length
            && FileText.ReadBytes(path).AsSpan().SequenceEqual(content)) return;
        AtomicFile.Write(path, content, mode, uid: 0, gid: 0);
    }
}
