namespace KairosBoot.CloudConfig;

/// <summary>The owner fields of a file or directory item.</summary>
internal static class Ownership
{
    /// <summary>Fields of an item that name its owner, for its shape.</summary>
    internal static readonly (string, Shape)[] Fields =
        [("owner", Shape.Integer), ("group", Shape.Integer), ("ownerstring", Shape.Text), ("owner_string", Shape.Text)];

    internal static bool IsGiven(YamlMapping item)
    {
        foreach (var (name, _) in Fields)
            if (item.Find(name) is not null) return true;
        return false;
    }

    /// <summary>
    /// <c>owner</c> and <c>group</c> are ids, 0 by default. <c>ownerstring: user[:group]</c> goes before them; without a group it is the user's
    /// own one. Throws <see cref="FormatException"/> for a name the root does not know.
    /// </summary>
    internal static (int Uid, int Gid) Of(YamlMapping item)
    {
        var names = item.Text("ownerstring") ?? item.Text("owner_string");
        if (string.IsNullOrEmpty(names)) return (Id(item.Integer("owner") ?? 0), Id(item.Integer("group") ?? 0));
        var colon = names.IndexOf(':');
        var (uid, ownGid) = User(colon < 0 ? names : names[..colon]);
        return (uid, colon < 0 || colon + 1 == names.Length ? ownGid : Group(names[(colon + 1)..]));
    }

    private static int Id(long id) => id is >= 0 and <= int.MaxValue ? (int)id : throw new FormatException($"{id} is not a user or group id");

    private static (int Uid, int Gid) User(string name)
    {
        if (AccountFile.Read(AccountFile.Passwd).Find(name) is { Length: >= 4 } row && int.TryParse(row[2], out var uid) && int.TryParse(row[3], out var gid)) return (uid, gid);
        return int.TryParse(name, out var id) ? (Id(id), Id(id)) : throw new FormatException($"no user '{name}'");
    }

    private static int Group(string name)
    {
        if (AccountFile.Read(AccountFile.Group).Find(name) is { Length: >= 3 } row && int.TryParse(row[2], out var gid)) return gid;
        return int.TryParse(name, out var id) ? Id(id) : throw new FormatException($"no group '{name}'");
    }
}
