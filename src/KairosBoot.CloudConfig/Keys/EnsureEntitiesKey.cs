namespace KairosBoot.CloudConfig;

/// <summary><c>ensure_entities</c>: adds or changes rows of the account files. Each row is a small YAML document.</summary>
internal static class EnsureEntitiesKey
{
    internal static readonly StageKey Definition = new("ensure_entities", EntityText.Items, (value, run) =>
    {
        foreach (var item in YamlMapping.MappingsOf(value)) run.Attempt(item.Line, "ensure_entities", () => Apply(item, run));
    });

    private static void Apply(YamlMapping item, EntryRun run)
    {
        var (entity, path) = EntityText.Read(item, "ensure_entities", run);
        var name = EntityText.NameOf(entity);
        switch (entity.Text("kind"))
        {
            case "user": EnsureUser(name, entity, path); break;
            case "group": EnsureGroup(name, entity, path); break;
            case "shadow": EnsureShadow(name, entity, path); break;
            default: EnsureGShadow(name, entity, path); break;
        }
    }

    /// <summary>A negative id means the next free one. Without an id the row keeps its id.</summary>
    private static string Id(YamlMapping entity, string key, string? existing, AccountFile file) => entity.Integer(key) switch
    {
        >= 0 and <= int.MaxValue and { } id => id.ToString(),
        null when existing is { Length: > 0 } => existing,
        _ => file.FreeId().ToString(),
    };

    private static void EnsureUser(string name, YamlMapping entity, string path)
    {
        var file = AccountFile.Read(path);
        var existing = file.Find(name) is { Length: 7 } row ? row : null;
        var gid = entity.Text("group") is { Length: > 0 } group
            ? AccountFile.Read(AccountFile.Group).Find(group) is { Length: >= 3 } found ? found[2] : throw new FormatException($"no group '{group}'")
            : entity.Integer("gid")?.ToString() ?? existing?[3] ?? throw new FormatException($"{name}: gid is missing");
        // An empty field would allow login without a password.
        var password = entity.Text("password") is { Length: > 0 } given ? given : "x";
        file.Set(name, password, Id(entity, "uid", existing?[2], file), gid, entity.Text("info") ?? "", entity.Text("homedir") ?? "", entity.Text("shell") ?? "");
        file.Save();
    }

    private static void EnsureGroup(string name, YamlMapping entity, string path)
    {
        var file = AccountFile.Read(path);
        var existing = file.Find(name) is { Length: 4 } row ? row : null;
        var password = entity.Text("password") is { Length: > 0 } given ? given : existing?[1] ?? "x";
        file.Set(name, password, Id(entity, "gid", existing?[2], file), Members(existing?[3], entity.Text("users")));
        file.Save();
    }

    private static string Members(string? existing, string? added)
    {
        var members = new List<string>((existing ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries));
        foreach (var member in (added ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            if (!members.Contains(member)) members.Add(member);
        return string.Join(',', members);
    }

    private static void EnsureShadow(string name, YamlMapping entity, string path)
    {
        var file = AccountFile.Read(path);
        var changed = entity.Text("last_changed") is { Length: > 0 } given and not "now" ? given : Password.Today();
        file.Set(name, entity.Text("password") is { Length: > 0 } password ? password : Password.Locked, changed,
            entity.Text("minimum_changed") ?? "", entity.Text("maximum_changed") ?? "", entity.Text("warn") ?? "",
            entity.Text("inactive") ?? "", entity.Text("expire") ?? "", entity.Text("reserved") ?? "");
        file.Save();
    }

    private static void EnsureGShadow(string name, YamlMapping entity, string path)
    {
        var file = AccountFile.Read(path);
        file.Set(name, entity.Text("password") is { Length: > 0 } password ? password : Password.Locked,
            entity.Text("administrators") ?? "", entity.Text("members") ?? "");
        file.Save();
    }
}
