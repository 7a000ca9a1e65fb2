using System.Text;
using System.Text.Unicode;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// Where user-data stays: <c>userdata</c> as it came and, where it is a config, a second time under a name that the next pass reads. Only root reads them,
/// because they hold what passwords and tokens are made of.
/// </summary>
internal static class UserDataFiles
{
    private const string RawName = "userdata", Unfinished = ".kairosboot";
    private const int DirectoryMode = Octal.O700, ScriptMode = Octal.O700;

    /// <summary>
    /// Writes what has changed, and runs what is a script. A directory that was not there appears with all that is in it: configs ask for user-data
    /// only while there is none. Throws <see cref="FormatException"/> for what is neither a config nor a script.
    /// </summary>
    /// <param name="data">As found; gzip is unpacked, the config is taken out of a multipart message.</param>
    /// <param name="directory">Made where it is not there.</param>
    /// <param name="name">Of the config in it.</param>
    /// <param name="line">Where in the file.</param>
    /// <param name="run">Renders templates and runs the script.</param>
    /// <param name="written">Called when the files are on the disk, before a script runs.</param>
    internal static void Put(UserData data, string directory, string name, int line, EntryRun run, Action written)
    {
        var text = MimeMultipart.CloudConfigOf(Text(data));
        var rendered = Encoding.UTF8.GetBytes(run.Render(text, line, "datasource"));
        var isScript = text.StartsWith("#!", StringComparison.Ordinal);
        var fault = isScript ? null : Fault(text);

        using var place = Directories.Walker.Place(directory, new NewDirectories(DirectoryMode));
        // By the time that root runs it, the user may have put another one there.
        var existing = place.Status;
        var owner = existing is { Uid: > 0 } there ? there.Uid : place.User;
        if (isScript && owner != 0)
        {
            throw new OperatorException(
                $"{data.Source} is a script, and {place.Path} is in a directory of user {owner}: not run", "name a path below a directory of root");
        }

        var isNew = existing is null;
        var target = place.Path + (isNew ? Unfinished : "");
        if (isNew) StartNew(place);
        Write($"{target}/{RawName}", rendered, isScript ? ScriptMode : FilePermissions.OwnerOnly);
        if (!isScript && fault is null) Write($"{target}/{name}", rendered, FilePermissions.OwnerOnly);
        if (isNew) Syscall.RenameAt(place.Directory, place.Name + Unfinished, place.Directory, place.Name);
        if (data.Volume is not null) Settle(place);
        written();

        if (fault is not null) throw new FormatException($"{data.Source} is no script and no config: {fault}");
        if (isScript) RunScript(data, $"{directory}/{RawName}", line, run);
        else run.Tell($"user-data from {data.Source} is {directory}/{name}{Volume(data)}");
    }

    private static void RunScript(UserData data, string script, int line, EntryRun run)
    {
        run.Tell($"user-data from {data.Source} is a script: running {script}{Volume(data)}");
        if (run.RunShell(script, line, "datasource") is { } code and not 0) run.Fail(line, "datasource", $"{script}: exit code {code.ToString()}");
    }

    private static string Volume(UserData data) => data.Volume is { } volume ? $"; volume {volume.Name}, sha256 {volume.Sha256}" : "";

    /// <summary>Makes the names of the files last: a mark that says they are taken must not outlive them.</summary>
    private static void Settle(FilePlace place)
    {
        using var directory = Directories.Walker.Open(place.Path);
        foreach (var found in (FileHandle[])[directory, place.Directory])
        {
            using var opened = Syscall.Reopen(found, OpenFlags.ReadOnly | OpenFlags.Directory);
            Syscall.FSync(opened);
        }
    }

    private static string Text(UserData data)
    {
        var content = data.Content is [0x1F, 0x8B, ..] ? Inflate.GUnzip(data.Content) : data.Content;
        if (content.Length > ReadLimit.UserData.Bytes)
            throw new FormatException($"{data.Source} has {content.Length.ToString()} bytes when unpacked; {ReadLimit.UserData.What} may have {ReadLimit.UserData.Bytes.ToString()}");
        return Utf8.IsValid(content) ? Encoding.UTF8.GetString(content) : throw new FormatException($"{data.Source} is not UTF-8 text");
    }

    /// <summary>Why it is no config; null where it is one.</summary>
    private static string? Fault(string text)
    {
        try { return YamlReader.Read(text) is null or YamlMapping or YamlScalar { IsNull: true } ? null : "it takes a mapping, such as stages: or #cloud-config keys"; }
        catch (YamlFaultException e) { return $"line {e.Line.ToString()}, column {e.Column.ToString()}: {e.Message}"; }
    }

    private static void Write(string path, byte[] content, int mode) => AtomicFile.Write(path, content, mode, uid: 0, gid: 0);

    /// <summary>An empty directory under the name for the time until it is whole. What a power cut has left of an earlier one is removed.</summary>
    private static void StartNew(FilePlace place)
    {
        var name = place.Name + Unfinished;
        using (var left = Syscall.TryOpenAt(place.Directory, name, OpenFlags.Path | OpenFlags.NoFollow | OpenFlags.Directory))
        {
            if (left is not null)
            {
                foreach (var file in Syscall.ReadDirectory(Syscall.DescriptorPath(left))) Syscall.UnlinkAt(left, file);
                Syscall.RmDirAt(place.Directory, name);
            }
        }

        Directories.Make(place.Path + Unfinished, DirectoryMode, uid: 0, gid: 0);
    }
}
