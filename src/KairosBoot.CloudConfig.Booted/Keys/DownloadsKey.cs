using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>
/// <c>downloads</c>: downloads files. If a path is a directory or ends in a slash, the file gets its name from the URL. A file is not
/// downloaded again if the server has no newer one, or if it already has the checksum. The old file is kept until the new one is complete.
/// </summary>
internal sealed class DownloadsKey
{
    internal const string Name = "downloads";
    private const int PermissionBits = Octal.O777;
    private readonly PathWalker walker = new();
    private readonly TransferLimits limits;

    private DownloadsKey(TransferLimits limits) => this.limits = limits;

    internal static StageKey Definition(TransferLimits limits) => new(Name, Schema.ListOf(Schema.Record(
        [
            ("path", Schema.Text), ("url", Schema.Text), ("checksum", Schema.Text), ("permissions", Schema.FilePermissions),
                ("timeout", Schema.Integer),
            .. Ownership.Fields,
        ])),
        new DownloadsKey(limits).Apply, KeyPlace.Booted);

    /// <summary>Checks an item without downloading.</summary>
    internal static void Check(YamlMapping item, string key, EntryLint lint)
    {
        KeyChecks.CheckPath(item, "path", key, lint);
        lint.Try(item.Line, key, () => WebAddress.Parse(item.Text("url")));
    }

    private void Apply(YamlNode value, EntryRun run)
    {
        foreach (var item in YamlMapping.MappingsOf(value)) run.Attempt(item.Line, "downloads", () => Download(item, run));
    }

    private void Download(YamlMapping item, EntryRun run)
    {
        var address = WebAddress.Parse(item.Text("url"));
        var checksum = Checksum.Parse(item);
        var (uid, gid) = Ownership.Of(item);
        var given = item.Find("permissions") is YamlScalar scalar ? FilePermissions.Parse(scalar) : null;
        var parents = new NewDirectories(FilePermissions.ParentOf(given ?? FilePermissions.File) & FilePermissions.Directory, uid, gid);
        using var place = walker.Place(PathOf(item, address), parents);
        var existing = place.Status;
        if (existing is { Type: not FileType.Regular }) throw new FormatException($"{place.Path} is not a file");
        // Content, time and mode of the file count only if no other user could have put it there.
        var isTrusted = existing is { } file && (file.Uid == uid || file.Uid == 0) && place.User is var user
            && (user == 0 || user == file.Uid);
        // The upstream default is mode 0. As for files, a new file gets 0644 and an existing one keeps its mode.
        var mode = given ?? (isTrusted ? existing!.Value.Mode & PermissionBits : FilePermissions.File);
        var isAsWanted = isTrusted && existing is { } old && (old.Uid, old.Gid, old.Mode) == (uid, gid, mode);
        if (isAsWanted && checksum is not null && checksum.Matches(place))
        {
            run.Executed($"unchanged {place.Path}");
            return;
        }
        if (checksum is null) run.WarnOfPlainUrl(address.Text, address.Display, item.Line, "downloads");
        var newer = isAsWanted && checksum is null ? existing!.Value.MTimeNs / 1_000_000_000 : (long?)null;
        var isUnchanged = Replace(place, mode, (uid, gid), address, newer, checksum, Limit(item), run.CancellationToken);
        run.Executed($"{(isUnchanged ? "unchanged" : "downloaded")} {place.Path}");
    }

    private static TimeSpan Limit(YamlMapping item) =>
        item.Integer("timeout") is > 0 and < int.MaxValue and var seconds ? TimeSpan.FromSeconds(seconds) : BootedKeys.ProgramLimit;

    private bool Replace(
        FilePlace place, int mode, (int Uid, int Gid) owner, WebAddress address, long? newer, Checksum? checksum, TimeSpan limit,
            CancellationToken cancellationToken)
    {
        using var replacement = new FileReplacement(place, mode, owner.Uid, owner.Gid);
        var target = new FileTarget(replacement.File, limits);
        var result = Transfer.To(target, address, newer, limit, cancellationToken);
        if (result.IsUnchanged) return true;
        checksum?.Check(target.Digest(), address);
        replacement.Commit(result.ModifiedSeconds * 1_000_000_000);
        return false;
    }

    private string PathOf(YamlMapping item, WebAddress address)
    {
        var path = Directories.Normalize(item.Text("path"));
        if (!item.Text("path")!.EndsWith('/') && !IsDirectory(path)) return path;
        var name = address.FileName
            ?? throw new FormatException($"{address.Display} has no file name; to fix: set path to the path of the file");
        return path == "/" ? path + name : $"{path}/{name}";
    }

    private bool IsDirectory(string path)
    {
        using var place = walker.TryPlace(path);
        return place?.Status is { Type: FileType.Directory };
    }
}
