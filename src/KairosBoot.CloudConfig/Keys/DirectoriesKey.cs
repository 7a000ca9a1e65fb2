using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary><c>directories</c>: creates directories, or sets mode and owner of existing ones.</summary>
internal static class DirectoriesKey
{
    internal static readonly StageKey Definition = new("directories", Schema.ListOf(Schema.Record(
        [("path", Schema.Text), ("permissions", Schema.Permissions), .. Ownership.Fields])), Apply);

    private static void Apply(YamlNode value, EntryRun run)
    {
        foreach (var directory in YamlMapping.MappingsOf(value)) run.Attempt(directory.Line, "directories", () => Make(directory, run));
    }

    private static void Make(YamlMapping directory, EntryRun run)
    {
        var path = Directories.Normalize(directory.Text("path"));
        var given = directory.Find("permissions") is YamlScalar scalar ? FilePermissions.Parse(scalar) : null;
        var (uid, gid) = Ownership.Of(directory);
        var made = new NewDirectories(given ?? FilePermissions.Directory, uid, gid);
        using var place = Directories.Walker.Place(path, made);
        var isOwnerGiven = Ownership.IsGiven(directory);
        var isNew = place.MakeDirectory(made);
        if (isNew) RelabelList.Add(place.Path, made.Created - 1);
        if (!isNew || isOwnerGiven && place.User != 0) SetAttributes(place, given, isOwnerGiven, uid, gid);
        run.Executed($"directory {path}");
    }

    private static void SetAttributes(FilePlace place, int? mode, bool isOwnerGiven, int uid, int gid)
    {
        var status = place.DirectoryStatus;
        // An item with only a path does not change an existing directory: /root keeps its 0700.
        if (mode is null && !isOwnerGiven) return;
        // Without a given owner, a directory in a user's directory keeps its owner.
        if (!isOwnerGiven && place.User != 0) (uid, gid) = (status.Uid, status.Gid);
        var wanted = mode ?? Ownership.KeptMode(place, status, uid, gid, FilePermissions.Directory);
        if ((status.Mode, status.Uid, status.Gid) == (wanted, uid, gid)) return;
        using var directory = place.Open();
        if (Syscall.FStat(directory).Type != FileType.Directory)
            throw new Plan.OperatorException($"{place.Path} was replaced by another user", "run the stage again");
        Directories.SetOwnerAndMode(directory, wanted, uid, gid);
    }
}
