namespace KairosBoot.CloudConfig;

/// <summary>
/// <c>delete_entities</c>: removes rows of the account files: a group by its name, any other row only if it is exactly the given one. A
/// missing row is not a fault.
/// </summary>
internal static class DeleteEntitiesKey
{
    private const string Key = "delete_entities";

    internal static readonly StageKey Definition = new(Key, EntityText.Items, (value, run) =>
    {
        using var store = AccountStore.Open();
        foreach (var item in YamlMapping.MappingsOf(value)) run.Attempt(item.Line, Key, () => Delete(item, store, run));
        store.Save(value.Line, Key, run);
    });

    private static void Delete(YamlMapping item, AccountStore store, EntryRun run)
    {
        var (entity, path) = EntityText.Read(item, Key, run);
        var name = EntityText.NameOf(entity);
        var file = store.File(path);
        if (file.Find(name) is not { } row) return;
        var byName = entity.Text("kind") == "group";
        if (!byName && !IsRow(row, entity))
        {
            // The message shows neither row, because both may contain a hash.
            run.Warn(item.Line, Key, $"{name} stays in {path}: its row differs from the given one");
            return;
        }
        while (file.Remove(name) && byName) { }
        run.Executed($"{name} deleted from {path}");
    }

    private static bool IsRow(string[] row, YamlMapping entity)
    {
        var given = Fields(entity);
        if (row.Length != given.Length) return false;
        for (var i = 1; i < row.Length; i++)
            if (row[i] != given[i] && !(i == 1 && HasPassword(row[1], given[1], entity))) return false;
        return true;
    }

    private static bool HasPassword(string field, string given, YamlMapping entity) =>
        given.Length == 0 ? field == WithoutPassword(entity) : Password.Matches(field, given);

    /// <summary>The field that ensure_entities writes without a password. The same text must find that row here.</summary>
    private static string WithoutPassword(YamlMapping entity) => entity.Text("kind") == "user" ? "x" : Password.Locked;

    /// <summary>A missing id is 0, as in earlier versions, so that no other row is removed by mistake.</summary>
    private static string[] Fields(YamlMapping entity)
    {
        string Text(string key) => entity.Text(key) ?? "";
        string Id(string key) => (EntityText.IdOf(entity, key) ?? 0).ToString();
        return entity.Text("kind") switch
        {
            "user" => ["", Text("password"), Id("uid"), Id("gid"), Text("info"), Text("homedir"), Text("shell")],
            "gshadow" => ["", Text("password"), Text("administrators"), Text("members")],
            _ => ["", Text("password"), Text("last_changed"), Text("minimum_changed"), Text("maximum_changed"), Text("warn"),
                Text("inactive"), Text("expire"), Text("reserved")],
        };
    }
}
