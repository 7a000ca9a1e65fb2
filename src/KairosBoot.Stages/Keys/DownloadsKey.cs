using KairosBoot.CloudConfig;
using KairosBoot.Linux;

namespace KairosBoot.Stages;

/// <summary>
/// <c>downloads</c>: files from the network. A path that is a directory, or ends in a slash, keeps the name of the URL. What the server has not changed
/// since is not sent again; a file is the old one until the new one is whole.
/// </summary>
internal static class DownloadsKey
{
    internal static readonly StageKey Row = new("downloads", Shape.ListOf(Shape.Record(
        [("path", Shape.Text), ("url", Shape.Text), ("permissions", Shape.Permissions), ("timeout", Shape.Integer), .. Ownership.Fields])), Apply);

    private static void Apply(YamlNode value, EntryRun run)
    {
        foreach (var item in YamlMapping.MappingsOf(value)) run.Attempt(item.Line, "downloads", () => Download(item, run));
    }

    private static void Download(YamlMapping item, EntryRun run)
    {
        var address = WebAddress.Parse(item.Text("url"));
        var path = PathOf(item, address);
        var existing = Syscall.TryStat(path);
        if (existing is { Type: not FileType.Regular }) throw new FormatException($"{path} is not a file");
        // Upstream's default is mode 0: as for files, a new one is 0644, an old one keeps its mode.
        var mode = item.Find("permissions") is YamlScalar given ? FilePermissions.Parse(given)!.Value : existing?.Mode ?? FilePermissions.File;
        var (uid, gid) = Ownership.Of(item);
        var limit = item.Integer("timeout") is > 0 and < int.MaxValue and var seconds ? TimeSpan.FromSeconds(seconds) : BootedKeys.Limit;

        Directories.MakeParents(path, FilePermissions.ParentOf(mode), uid, gid);
        using var pending = new PendingFile(path, mode, uid, gid);
        var result = Transfer.ToFile(address, pending.File, existing?.MTimeNs / 1_000_000_000, limit, run.Interrupt);
        if (!result.IsUnchanged) pending.Commit(result.ModifiedSeconds);
        else Directories.SetOwnerAndMode(path, mode, uid, gid);
        run.Executed($"{(result.IsUnchanged ? "unchanged" : "downloaded")} {path}");
    }

    private static string PathOf(YamlMapping item, WebAddress address)
    {
        var path = Directories.Normalize(item.Text("path"));
        if (!item.Text("path")!.EndsWith('/') && Syscall.TryStat(path)?.Type != FileType.Directory) return path;
        var name = address.FileName ?? throw new FormatException($"{address.Display} has no file name: give path one");
        return path == "/" ? path + name : $"{path}/{name}";
    }
}
