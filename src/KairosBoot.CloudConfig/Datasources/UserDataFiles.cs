using System.Text;
using System.Text.Unicode;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// The files of user-data: <c>userdata</c> and, for a config, a second file with a name that the next pass reads. Only root can read them,
/// because they may contain passwords and tokens.
/// </summary>
internal static class UserDataFiles
{
    private const string RawName = "userdata", Unfinished = ".kairosboot";
    private const int DirectoryMode = Octal.O700, ScriptMode = Octal.O700;

    /// <summary>
    /// Writes the files if they have changed, and runs a script. A new directory appears complete, because configs check for it before they
    /// ask for user-data. Throws <see cref="FormatException"/> for text that is neither a config nor a script.
    /// </summary>
    /// <param name="data">Unchanged from the provider. gzip is unpacked, and a config is extracted from a multipart message.</param>
    /// <param name="directory">Created if missing.</param>
    /// <param name="name">File name of the config.</param>
    /// <param name="line">Line in the file.</param>
    /// <param name="run">Renders templates and runs the script.</param>
    /// <param name="written">Called after the files are on the disk and before a script runs.</param>
    internal static void Put(UserData data, string directory, string name, int line, EntryRun run, Action written)
    {
        var text = MimeMultipart.CloudConfigOf(Text(data, reason => run.Warn(line, "datasource", $"{data.Source}: {reason}")));
        var rendered = Encoding.UTF8.GetBytes(run.Render(text, line, "datasource"));
        var isScript = text.StartsWith("#!", StringComparison.Ordinal);
        var fault = isScript ? null : Fault(text);

        using var place = Directories.Walker.Place(directory, new NewDirectories(DirectoryMode));
        // The user could replace the script before root runs it.
        var existing = place.Status;
        var owner = existing is { Uid: > 0 } there ? there.Uid : place.User;
        if (isScript && owner != 0)
        {
            throw new OperatorException(
                $"{data.Source} is a script and was not run, because {place.Path} is in a directory of user {owner}",
                    "set path to a directory of root");
        }

        var isNew = existing is null;
        var target = place.Path + (isNew ? Unfinished : "");
        if (isNew) StartNew(place);
        Write($"{target}/{RawName}", rendered, isScript ? ScriptMode : FilePermissions.OwnerOnly);
        if (!isScript && fault is null) Write($"{target}/{name}", rendered, FilePermissions.OwnerOnly);
        if (isNew) Syscall.RenameAt(place.Directory, place.Name + Unfinished, place.Directory, place.Name);
        if (data.Volume is not null) SyncDirectories(place);
        written();

        if (fault is not null) throw new FormatException($"{data.Source} is neither a script nor a config: {fault}");
        if (isScript) RunScript(data, $"{directory}/{RawName}", line, run);
        else run.Log($"user-data from {data.Source} written to {directory}/{name}{Volume(data)}");
    }

    private static void RunScript(UserData data, string script, int line, EntryRun run)
    {
        run.Log($"user-data from {data.Source} is a script: running {script}{Volume(data)}");
        if (run.RunShell(script, line, "datasource") is { ExitCode: not 0 } result)
            run.Fail(line, "datasource", $"{script}: exit code {result.ExitCode.ToString()}{EntryRun.Said(result)}");
    }

    private static string Volume(UserData data) => data.Volume is { } volume ? $"; volume {volume.Name}, sha256 {volume.Sha256}" : "";

    /// <summary>Writes the directories to the disk, so that the files are there if the mark is.</summary>
    private static void SyncDirectories(FilePlace place)
    {
        using var directory = Directories.Walker.Open(place.Path);
        foreach (var found in (FileHandle[])[directory, place.Directory])
        {
            using var opened = Syscall.Reopen(found, OpenFlags.ReadOnly | OpenFlags.Directory);
            Syscall.FSync(opened);
        }
    }

    private static string Text(UserData data, Action<string> warn)
    {
        var content = data.Content is [0x1F, 0x8B, ..] ? Inflate.GUnzip(data.Content, warn) : data.Content;
        if (content.Length > ReadLimit.UserData.Bytes)
        {
            var limit = $"the limit for {ReadLimit.UserData.What} is {ReadLimit.UserData.Bytes.ToString()}";
            throw new FormatException($"{data.Source} has {content.Length.ToString()} bytes when unpacked; {limit}");
        }
        return Utf8.IsValid(content) ? Encoding.UTF8.GetString(content) : throw new FormatException($"{data.Source} is not UTF-8 text");
    }

    /// <summary>Why the text is not a config; null: it is one.</summary>
    private static string? Fault(string text)
    {
        try
        {
            return YamlReader.Read(text) is null or YamlMapping or YamlScalar { IsNull: true } ? null
            : "the document is not a mapping with stages or #cloud-config keys";
        }
        catch (YamlFaultException e) { return $"line {e.Line.ToString()}, column {e.Column.ToString()}: {e.Message}"; }
    }

    private static void Write(string path, byte[] content, int mode) => AtomicFile.Write(path, content, mode, uid: 0, gid: 0);

    /// <summary>Creates an empty directory with the temporary name. Removes one that an interrupted boot has left.</summary>
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
