namespace KairosBoot.CloudConfig;

/// <summary>
/// Documents that start with <c>#cloud-config</c>: the supported cloud-init keys become entries of the stages <c>boot</c>,
/// <c>initramfs</c> (the host name only) and <c>network</c> (keys that must be fetched), before those in <c>stages</c>.
/// </summary>
internal static class CloudInitDocument
{
    private static readonly Schema WriteFile = Schema.Record(
        ("path", Schema.Text), ("owner", Schema.Text), ("permissions", Schema.Any), ("content", Schema.Text), ("encoding", Schema.Text),
        ("append", Schema.Boolean), ("defer", Schema.Boolean),
        ("source", Schema.NoEffect("only content is written; to fix: use downloads in an entry of a stage")));

    internal static readonly string[] Stages = ["boot", "initramfs", "network"];

    /// <summary>The number of a stage in <see cref="Stages"/>; negative: not one of them.</summary>
    internal static int NumberOf(string stage) => Array.IndexOf(Stages, stage);

    /// <summary>The entries of a document without such keys: an empty one.</summary>
    internal static YamlSequence NoKeys(int line) => ListOf(new YamlMapping(line));

    /// <summary>The entries of each of <see cref="Stages"/>.</summary>
    internal static YamlSequence[] ToStages(YamlMapping root, Finding report)
    {
        var boot = new YamlMapping(root.Line);
        // As in cloud-init: files, users, deferred files, commands.
        var deferred = new YamlMapping(root.Line);
        AddFiles(boot, deferred, root, report);
        if (Validate(root, "runcmd", Schema.ListOf(Schema.Text), report) is { } commands)
            (deferred.Pairs.Count > 0 ? deferred : boot).Add(Key("commands", commands), commands);
        var network = new YamlMapping(root.Line);
        CloudInitUsers.Add(boot, network, root, report);

        var initramfs = new YamlMapping(root.Line);
        if (Validate(root, "hostname", Schema.Text, report) is { } hostname) initramfs.Add(Key("hostname", hostname), hostname);

        var bootEntries = new YamlSequence(root.Line);
        bootEntries.Add(boot);
        if (deferred.Pairs.Count > 0) bootEntries.Add(deferred);
        AddGrownDevices(bootEntries, root, report);
        return [bootEntries, ListOf(initramfs), ListOf(network)];
    }

    internal static YamlNode? Validate(YamlMapping from, string key, Schema schema, Finding report) =>
        from.Find(key) is { } node ? schema.Validate(node, key, report) : null;

    /// <summary>A text with the position of <paramref name="at"/>.</summary>
    internal static YamlScalar Key(string text, YamlNode at) => new(text, isPlain: true, at.Line);

    private static YamlSequence ListOf(YamlNode item)
    {
        var list = new YamlSequence(item.Line);
        list.Add(item);
        return list;
    }

    private static void AddFiles(YamlMapping boot, YamlMapping deferred, YamlMapping root, Finding report)
    {
        var files = new YamlSequence(root.Line);
        var later = new YamlSequence(root.Line);
        foreach (var key in (ReadOnlySpan<string>)["write_files", "milpa_files"])
        {
            foreach (var file in YamlMapping.MappingsOf(Validate(root, key, Schema.ListOf(WriteFile), report)))
                (file.Boolean("defer") == true ? later : files).Add(ToFile(file));
        }
        if (files.Items.Count > 0) boot.Add(Key("files", files.Items[0]), files);
        if (later.Items.Count > 0) deferred.Add(Key("files", later.Items[0]), later);
    }

    private static YamlMapping ToFile(YamlMapping file)
    {
        var translated = new YamlMapping(file.Line);
        foreach (var (key, value) in file.Pairs)
        {
            if (key.Text == "owner") translated.Add(Key("ownerstring", key), value);
            // A cloud-init mode is octal, with and without quotes.
            else if (key.Text == "permissions" && value is YamlScalar mode)
                translated.Add(key, new YamlScalar(mode.Text, isPlain: false, mode.Line));
            else if (key.Text is "path" or "content" or "encoding" or "append") translated.Add(key, value);
        }
        return translated;
    }

    private static void AddGrownDevices(YamlSequence boot, YamlMapping root, Finding report)
    {
        if ((root.Find("growpart") as YamlMapping)?.Find("devices") is not { } node) return;
        if (Schema.Texts.Validate(node, "growpart.devices", report) is not { } devices) return;
        foreach (var path in YamlMapping.TextsOf(devices))
        {
            var device = new YamlMapping(path.Line);
            device.Add(Key("path", path), path);
            var expand = new YamlMapping(path.Line);
            expand.Add(Key("size", path), Key("0", path));
            var layout = new YamlMapping(path.Line);
            layout.Add(Key("device", path), device);
            layout.Add(Key("expand_partition", path), expand);
            var entry = new YamlMapping(path.Line);
            entry.Add(Key("layout", path), layout);
            boot.Add(entry);
        }
    }
}
