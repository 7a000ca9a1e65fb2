namespace KairosBoot.CloudConfig;

/// <summary>Users and their SSH keys in a <c>#cloud-config</c> document. There they are a list, in an entry a mapping by name.</summary>
internal static class CloudInitUsers
{
    internal static void Add(YamlMapping boot, YamlMapping network, YamlMapping root, Finding report)
    {
        var users = new YamlMapping(root.Line);
        List<YamlScalar> globalKeys = [.. YamlMapping.TextsOf(CloudInitDocument.Validate(root, "ssh_authorized_keys", Schema.Texts, report))];
        var local = new YamlMapping(root.Line);
        var fetched = new YamlMapping(root.Line);
        var listed = false;
        if (root.Find("users") is YamlSequence list)
        {
            foreach (var item in list.Items)
            {
                // `- default` and other plain names mean users that cloud-init creates.
                if (item is not YamlMapping user || user.Text("name") is not { Length: > 0 } name || users.Find(name) is not null) continue;
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
