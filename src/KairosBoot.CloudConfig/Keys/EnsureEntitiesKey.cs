namespace KairosBoot.CloudConfig;

/// <summary><c>ensure_entities</c>: adds or changes rows of the account files. Each row is a small YAML document.</summary>
internal static class EnsureEntitiesKey
{
    private const string Key = "ensure_entities";

    internal static readonly StageKey Definition = new(Key, EntityText.Items, (value, run) =>
    {
        using var store = AccountStore.Open();
        foreach (var item in YamlMapping.MappingsOf(value)) run.Attempt(item.Line, Key, () => Apply(item, store, run));
        store.Save(value.Line, Key, run);
    });

    private static void Apply(YamlMapping item, AccountStore store, EntryRun run)
    {
        var (entity, path) = EntityText.Read(item, Key, run);
        var name = EntityText.NameOf(entity);
        var file = store.File(path);
        void Warn(string reason) => run.Warn(item.Line, Key, reason);
        switch (entity.Text("kind"))
        {
            case "user": EnsureUser(name, entity, file, store, Warn); break;
            case "group": EnsureGroup(name, entity, file, store, Warn); break;
            case "shadow": EnsureShadow(name, entity, file); break;
            default: EnsureGShadow(name, entity, file); break;
        }
    }

    private static void EnsureUser(string name, YamlMapping entity, AccountFile file, AccountStore store, Action<string> warn)
    {
        var existing = file.Find(name) is { Length: 7 } row ? row : null;
        var gid = entity.Text("group") is { Length: > 0 } group
            ? store.Group.Find(group) is { Length: >= 3 } found ? found[2] : throw new FormatException($"no group '{group}'")
            : EntityText.IdOf(entity, "gid")?.ToString() ?? existing?[3] ?? throw new FormatException($"{name}: gid is missing");
        var (info, home, shell) = (entity.Text("info") ?? "", entity.Text("homedir") ?? "", entity.Text("shell") ?? "");
        file.Check(info, home, shell);
        // Without an id the row keeps its id. An empty password would allow login without one.
        var uid = EntityText.IdOf(entity, "uid") switch
        {
            null when existing is { } same => same[2],
            >= 0 and { } id => id.ToString(),
            _ => store.Ids.ChooseUser(name, wanted: null, home: 0, warn).ToString(),
        };
        file.Set(name, EntityText.PasswordOf(entity, "x"), uid, gid, info, home, shell);
    }

    private static void EnsureGroup(string name, YamlMapping entity, AccountFile file, AccountStore store, Action<string> warn)
    {
        var existing = file.Find(name) is { Length: 4 } row ? row : null;
        var gid = EntityText.IdOf(entity, "gid") switch
        {
            null when existing is { } same => same[2],
            >= 0 and { } id => id.ToString(),
            _ => store.Ids.ChooseGroup(name, home: 0, warn).ToString(),
        };
        file.Set(name, EntityText.PasswordOf(entity, existing?[1] ?? "x"), gid,
            AccountFile.WithMembers(existing?[3], entity.Text("users")));
    }

    private static void EnsureShadow(string name, YamlMapping entity, AccountFile file)
    {
        var changed = entity.Text("last_changed") is { Length: > 0 } given and not "now" ? given : Password.Today();
        file.Set(name, EntityText.PasswordOf(entity, Password.Locked), changed, entity.Text("minimum_changed") ?? "",
            entity.Text("maximum_changed") ?? "", entity.Text("warn") ?? "", entity.Text("inactive") ?? "", entity.Text("expire") ?? "",
            entity.Text("reserved") ?? "");
    }

    private static void EnsureGShadow(string name, YamlMapping entity, AccountFile file) => file.Set(name,
        EntityText.PasswordOf(entity, Password.Locked), entity.Text("administrators") ?? "", entity.Text("members") ?? "");
}
