using System.Text;
using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary><c>files</c>: writes files with content, mode and owner, and creates their directories.</summary>
internal static class FilesKey
{
    internal static readonly StageKey Definition = new("files", Schema.ListOf(Schema.Record(
        [("path", Schema.Text), ("permissions", Schema.FilePermissions), ("content", Schema.Text), ("encoding", Schema.Text),
            ("append", Schema.Boolean), .. Ownership.Fields])), Apply)
    {
        OnlyWritesFiles = true,
    };

    private static void Apply(YamlNode value, EntryRun run)
    {
        foreach (var file in YamlMapping.MappingsOf(value)) run.Attempt(file.Line, "files", () => Write(file, run));
    }

    private static void Write(YamlMapping file, EntryRun run)
    {
        var path = Directories.Normalize(file.Text("path"));
        int? given = file.Find("permissions") is YamlScalar scalar ? FilePermissions.Parse(scalar) : null;
        var content = Content(file, path, run);

        var (uid, gid) = (0, 0);
        run.Attempt(file.Line, "files", () => (uid, gid) = Ownership.Of(file));
        var parents = new NewDirectories(FilePermissions.ParentOf(given ?? FilePermissions.File), uid, gid);
        using var place = run.Memory.Walker.Place(path, parents);
        var existing = place.Found;
        // The upstream default is mode 0. Here a new file gets 0644, and an existing file keeps its mode, which may be restricted.
        if (file.Boolean("append") == true) content = Appended(place.TryRead(ReadLimit.SystemFile) ?? [], content);
        var mode = given ?? Ownership.KeptMode(place, existing, uid, gid, FilePermissions.File);
        AtomicFile.Write(place, existing, content, mode, uid, gid, parents, run.Memory);
        run.Executed($"wrote {path}");
    }

    /// <summary>
    /// The present content and this one. Nothing is added a second time, because an entry may run at every boot. Whole lines start a line.
    /// </summary>
    internal static byte[] Appended(byte[] existing, byte[] content)
    {
        var isLines = content is [not (byte)'\n', .., (byte)'\n'];
        if (isLines ? HoldsLines(existing, content) : existing.AsSpan().IndexOf(content) >= 0) return existing;
        return isLines && existing is [.., not (byte)'\n'] ? [.. existing, (byte)'\n', .. content] : [.. existing, .. content];
    }

    /// <summary>False for a line that only ends with the wanted one: <c>#a</c> is not <c>a</c>.</summary>
    private static bool HoldsLines(ReadOnlySpan<byte> file, ReadOnlySpan<byte> lines)
    {
        for (var from = 0; file[from..].IndexOf(lines) is var at and >= 0; from += at + 1)
            if (from + at == 0 || file[from + at - 1] == (byte)'\n') return true;
        return false;
    }

    private static byte[] Content(YamlMapping file, string path, EntryRun run)
    {
        var encoding = file.Text("encoding") ?? "";
        if (!ContentEncoding.IsKnown(encoding))
            run.Warn(file.Line, "files.encoding", $"{path}: unknown encoding '{encoding}'; the content is written unchanged");
        var text = file.Text("content") ?? "";
        if (ContentEncoding.IsPlain(encoding)) return Encoding.UTF8.GetBytes(run.Render(text, file.Line, "files.content"));
        var bytes = ContentEncoding.Decode(text, encoding, reason => run.Warn(file.Line, "files.content", $"{path}: {reason}"));
        // Templates are filled in after decoding. Bytes without a template are written unchanged.
        if (!ContentEncoding.IsTemplate(bytes)) return bytes;
        text = Encoding.UTF8.GetString(bytes);
        var rendered = run.Render(text, file.Line, "files.content");
        return ReferenceEquals(rendered, text) ? bytes : Encoding.UTF8.GetBytes(rendered);
    }
}
