using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>The owner fields of a file or directory item, and the owner and mode that an existing file keeps.</summary>
internal static class Ownership
{
    /// <summary>The owner fields, for the schema of an item.</summary>
    internal static readonly (string, Schema)[] Fields =
        [("owner", Schema.Integer), ("group", Schema.Integer), ("ownerstring", Schema.Text), ("owner_string", Schema.Text)];

    internal static bool IsGiven(YamlMapping item)
    {
        foreach (var (name, _) in Fields)
            if (item.Find(name) is not null) return true;
        return false;
    }

    /// <summary>
    /// <c>owner</c> and <c>group</c> are ids, 0 by default. <c>ownerstring: user[:group]</c> has precedence; without a group it is the
    /// primary group of the user. Throws <see cref="FormatException"/> for an unknown name.
    /// </summary>
    internal static (int Uid, int Gid) Of(YamlMapping item)
    {
        var names = item.Text("ownerstring") ?? item.Text("owner_string");
        if (string.IsNullOrEmpty(names)) return (Id(item.Integer("owner") ?? 0), Id(item.Integer("group") ?? 0));
        var colon = names.IndexOf(':');
        var (uid, ownGid) = User(colon < 0 ? names : names[..colon]);
        return (uid, colon < 0 || colon + 1 == names.Length ? ownGid : Group(names[(colon + 1)..]));
    }

    /// <summary>
    /// The owner that a file keeps: root, or the user who owns its directory. A file of another user may be a hard link that the owner of
    /// the directory has made, so it does not keep its owner. Root for a new file.
    /// </summary>
    internal static (int Uid, int Gid) Kept(FilePlace place, FileStatus? existing) =>
        existing is { } file && (place.User == 0 || file.Uid == place.User) ? (file.Uid, file.Gid) : (0, 0);

    /// <summary>
    /// The mode that a file or directory keeps if none is given. It must not give rights that the previous owner chose: set-uid and set-gid
    /// are kept only if owner and group are kept and only root can have put the file there. Write permission for group and others is kept
    /// only if the owner is kept or was root.
    /// </summary>
    /// <param name="place">Its place.</param>
    /// <param name="existing">Null: it does not exist.</param>
    /// <param name="uid">The new owner.</param>
    /// <param name="gid">The new group.</param>
    /// <param name="otherwise">The mode of a new one.</param>
    internal static int KeptMode(FilePlace place, FileStatus? existing, int uid, int gid, int otherwise)
    {
        const int Special = Octal.O6000, WriteForMore = Octal.O022;
        if (existing is not { } file) return otherwise;
        var mode = file.Mode;
        var isForeign = place.User != 0 && file.Uid != place.User || file.HardLink is not null && place.IsSharedWithUsers;
        if (isForeign || (file.Uid, file.Gid) != (uid, gid)) mode &= ~Special;
        if (file.Uid != uid && file.Uid != 0) mode &= ~WriteForMore;
        return mode;
    }

    /// <summary>Throws <see cref="FormatException"/> for an owner that is not an id.</summary>
    internal static void Check(YamlMapping item)
    {
        Id(item.Integer("owner") ?? 0);
        Id(item.Integer("group") ?? 0);
    }

    private static int Id(long id) =>
        id is >= 0 and <= int.MaxValue ? (int)id : throw new FormatException($"{id} is not a user or group id");

    private static (int Uid, int Gid) User(string name)
    {
        var row = AccountFile.Read(AccountFile.Passwd).Find(name);
        if (row is { Length: >= 4 } && int.TryParse(row[2], out var uid) && int.TryParse(row[3], out var gid)) return (uid, gid);
        return int.TryParse(name, out var id) ? (Id(id), Id(id)) : throw new FormatException($"no user '{name}'");
    }

    private static int Group(string name)
    {
        if (AccountFile.Read(AccountFile.Group).Find(name) is { Length: >= 3 } row && int.TryParse(row[2], out var gid)) return gid;
        return int.TryParse(name, out var id) ? Id(id) : throw new FormatException($"no group '{name}'");
    }
}
