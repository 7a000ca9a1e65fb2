namespace KairosBoot.CloudConfig;

/// <summary>
/// Documents that start with <c>#cloud-config</c>: the supported cloud-init keys become entries of the stages <c>boot</c>,
/// <c>initramfs</c> (the host name only) and <c>network</c> (keys that must be fetched), before those in <c>stages</c>.
/// </summary>
internal static class CloudInitDocument
{
    private const int HeaderLines = 9;

    private static readonly Schema WriteFile = Schema.Record(
        ("path", Schema.Text), ("owner", Schema.Text), ("permissions", Schema.Any), ("content", Schema.Text), ("encoding", Schema.Text),
        ("append", Schema.Any), ("defer", Schema.Any), ("source", Schema.Any));

    /// <summary>The first line that is neither blank nor another comment must be exactly the header.</summary>
    internal static bool HasHeader(string text)
    {
        var from = 0;
        for (var line = 0; line < HeaderLines && from <= text.Length; line++)
        {
            var end = text.IndexOf('\n', from) is var found and >= 0 ? found : text.Length;
            var content = text.AsSpan(from, end - from).TrimEnd();
            if (content.SequenceEqual("#cloud-config")) return true;
            if (!content.IsEmpty && content[0] != '#') return false;
            from = end + 1;
        }
        return false;
    }

    internal static IEnumerable<(string Stage, YamlSequence Entries)> ToStages(YamlMapping root, Finding report)
    {
        var boot = new YamlMapping(root.Line, root.Column);
        var commands = Validate(root, "runcmd", Schema.ListOf(Schema.Text), report);
        if (commands is not null) boot.Add(Key("commands", commands), commands);
        AddFiles(boot, root, report);
        var network = new YamlMapping(root.Line, root.Column);
        CloudInitUsers.Add(boot, network, root, report);

        var initramfs = new YamlMapping(root.Line, root.Column);
        if (Validate(root, "hostname", Schema.Text, report) is { } hostname) initramfs.Add(Key("hostname", hostname), hostname);

        var bootEntries = new YamlSequence(root.Line, root.Column);
        bootEntries.Add(boot);
        AddGrownDevices(bootEntries, root, report);
        return [("boot", bootEntries), ("initramfs", ListOf(initramfs)), ("network", ListOf(network))];
    }

    internal static YamlNode? Validate(YamlMapping from, string key, Schema schema, Finding report) =>
        from.Find(key) is { } node ? schema.Validate(node, key, report) : null;

    /// <summary>A text with the position of <paramref name="at"/>.</summary>
    internal static YamlScalar Key(string text, YamlNode at) => new(text, isPlain: true, at.Line, at.Column);

    private static YamlSequence ListOf(YamlNode item)
    {
        var list = new YamlSequence(item.Line, item.Column);
        list.Add(item);
        return list;
    }

    private static void AddFiles(YamlMapping boot, YamlMapping root, Finding report)
    {
        YamlSequence? files = null;
        foreach (var key in (ReadOnlySpan<string>)["write_files", "milpa_files"])
        {
            foreach (var file in YamlMapping.MappingsOf(Validate(root, key, Schema.ListOf(WriteFile), report)))
            {
                files ??= new YamlSequence(file.Line, file.Column);
                files.Add(ToFile(file));
            }
        }
        if (files is not null) boot.Add(Key("files", files), files);
    }

    private static YamlMapping ToFile(YamlMapping file)
    {
        var translated = new YamlMapping(file.Line, file.Column);
        foreach (var (key, value) in file.Pairs)
        {
            if (key.Text == "owner") translated.Add(Key("ownerstring", key), value);
            // A cloud-init mode is octal, with and without quotes.
            else if (key.Text == "permissions" && value is YamlScalar mode)
                translated.Add(key, new YamlScalar(mode.Text, isPlain: false, mode.Line, mode.Column));
            else if (key.Text is "path" or "content" or "encoding") translated.Add(key, value);
        }
        return translated;
    }

    private static void AddGrownDevices(YamlSequence boot, YamlMapping root, Finding report)
    {
        if ((root.Find("growpart") as YamlMapping)?.Find("devices") is not { } node || Schema.Texts.Validate(node, "growpart.devices", report) is not { } devices) return;
        foreach (var path in YamlMapping.TextsOf(devices))
        {
            var device = new YamlMapping(path.Line, path.Column);
            device.Add(Key("path", path), path);
            var expand = new YamlMapping(path.Line, path.Column);
            expand.Add(Key("size", path), Key("0", path));
            var layout = new YamlMapping(path.Line, path.Column);
            layout.Add(Key("device", path), device);
            layout.Add(Key("expand_partition", path), expand);
            var entry = new YamlMapping(path.Line, path.Column);
            entry.Add(Key("layout", path), layout);
            boot.Add(entry);
        }
    }
}
