using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary><c>directories</c>: makes directories, or gives existing ones their mode and owner.</summary>
internal static class DirectoriesKey
{
    internal static readonly StageKey Row = new("directories", Shape.ListOf(Shape.Record(
        [("path", Shape.Text), ("permissions", Shape.Permissions), .. Ownership.Fields])), Apply);

    private static void Apply(YamlNode value, EntryRun run)
    {
        foreach (var directory in YamlMapping.MappingsOf(value)) run.Attempt(directory.Line, "directories", () => Make(directory, run));
    }

    private static void Make(YamlMapping directory, EntryRun run)
    {
        var path = Directories.Normalize(directory.Text("path"));
        var given = directory.Find("permissions") is YamlScalar scalar ? FilePermissions.Parse(scalar) : null;
        var (uid, gid) = Ownership.Of(directory);
        var made = Directories.Make(path, given ?? FilePermissions.Directory, uid, gid);
        // An item that names only a path asks for its existence: /root keeps its 0700.
        if (!made && (given is not null || Ownership.IsGiven(directory)))
            Directories.SetOwnerAndMode(path, given ?? Syscall.TryStat(path)!.Value.Mode, uid, gid);
        run.Executed($"directory {path}");
    }
}
