namespace KairosBoot.CloudConfig;

/// <summary>Users and their SSH keys in a <c>#cloud-config</c> document. There they are a list, in an entry a mapping by name.</summary>
internal static class CloudInitUsers
{
    internal static void Add(YamlMapping boot, YamlMapping network, YamlMapping root, Finding report)
    {
        var users = new YamlMapping(root.Line);
        List<YamlScalar> globalKeys =
            [.. YamlMapping.TextsOf(CloudInitDocument.Validate(root, "ssh_authorized_keys", Schema.Texts, report))];
        var local = new YamlMapping(root.Line);
        var fetched = new YamlMapping(root.Line);
        var names = new HashSet<string>();
        var listed = false;
        if (root.Find("users") is YamlSequence list)
        {
            foreach (var item in list.Items)
            {
                if (Named(item, names, report) is not ({ } user, { } name)) continue;
                listed = true;
                users.Add(CloudInitDocument.Key(name, user), WithoutKeys(user));
                AddKeys(name, user, [.. user.Texts("ssh_authorized_keys"), .. globalKeys], local, fetched);
            }
        }
        else if (root.Find("users") is { } node and not YamlScalar { IsNull: true })
        {
            report(node.Line, "users", $"{node.Kind} instead of a list; ignored", isWarning: false);
        }

        if (!listed) AddKeys("root", root, globalKeys, local, fetched);
        if (users.Pairs.Count > 0) boot.Add(CloudInitDocument.Key("users", root), users);
        if (local.Pairs.Count > 0) boot.Add(CloudInitDocument.Key("authorized_keys", root), local);
        if (fetched.Pairs.Count > 0) network.Add(CloudInitDocument.Key("authorized_keys", root), fetched);
    }

    /// <summary>The fields and the name of an item that is a user. Others are reported.</summary>
    private static (YamlMapping? User, string? Name) Named(YamlNode item, HashSet<string> names, Finding report)
    {
        void Report(string reason) => report(item.Line, "users", reason, isWarning: true);
        // `- default` is a user that cloud-init creates.
        if (item is YamlScalar { Text: "default" } or YamlScalar { IsNull: true }) return default;
        if (item is YamlScalar { Text: var text }) Report($"'{text}' has no fields, so no user is created; to fix: write `- name: {text}`");
        else if (item is not YamlMapping user) Report($"{item.Kind} instead of a user; ignored");
        else if (user.Text("name") is not { Length: > 0 } name) Report("a user without a name; ignored");
        else if (!names.Add(name)) Report($"'{name}' is already in the list; this item is ignored");
        else return (user, name);
        return default;
    }

    private static YamlMapping WithoutKeys(YamlMapping user)
    {
        var rest = new YamlMapping(user.Line);
        foreach (var (key, value) in user.Pairs)
            if (key.Text != "ssh_authorized_keys") rest.Add(key, value);
        return rest;
    }

    private static void AddKeys(string user, YamlNode at, IReadOnlyList<YamlScalar> keys, YamlMapping local, YamlMapping fetched)
    {
        var here = new YamlSequence(at.Line);
        var there = new YamlSequence(at.Line);
        foreach (var key in keys)
        {
            var fromNetwork = key.Text.StartsWith("github", StringComparison.Ordinal)
                || key.Text.StartsWith("gitlab", StringComparison.Ordinal);
            (fromNetwork ? there : here).Add(key);
        }
        if (here.Items.Count > 0) local.Add(CloudInitDocument.Key(user, at), here);
        if (there.Items.Count > 0) fetched.Add(CloudInitDocument.Key(user, at), there);
    }
}
