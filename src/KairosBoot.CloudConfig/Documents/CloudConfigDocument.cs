namespace KairosBoot.CloudConfig;

/// <summary>The stages of one config file, of either kind, as entries in the order of the file.</summary>
internal sealed class CloudConfigDocument
{
    private readonly List<(string Stage, YamlSequence Entries)> stages = [];

    /// <summary>Throws <see cref="YamlFaultException"/> for a text that is not YAML. Reports what does not fit and leaves it out.</summary>
    internal static CloudConfigDocument Parse(string text, Finding report)
    {
        var document = new CloudConfigDocument();
        var root = YamlReader.Read(text);
        if (root is null or YamlScalar { IsNull: true }) return document;
        if (root is not YamlMapping mapping)
        {
            report(root.Line, "", $"{root.Kind} where a mapping with the key stages belongs", isWarning: false);
            return document;
        }
        if (CloudInitDocument.HasHeader(text))
            foreach (var (stage, entries) in CloudInitDocument.ToStages(mapping, report)) document.Add(stage, entries);
        document.AddStages(mapping, report);
        return document;
    }

    private void AddStages(YamlMapping root, Finding report)
    {
        if (root.Find("stages") is { } node)
        {
            if (node is not YamlMapping stageMap)
            {
                if (node is not YamlScalar { IsNull: true }) report(node.Line, "stages", $"{node.Kind} where a mapping belongs; left out", isWarning: false);
                return;
            }
            foreach (var (stage, entries) in stageMap.Pairs)
            {
                if (entries is YamlSequence list) Add(stage.Text, list);
                else if (entries is not YamlScalar { IsNull: true })
                    report(entries.Line, "stages." + stage.Text, $"{entries.Kind} where a list belongs; left out", isWarning: false);
            }
            return;
        }
        // Other tools own the other keys of these files; only a slip of this one is worth a word.
        foreach (var (key, _) in root.Pairs)
            if (NearestName.Find(key.Text, ["stages"]) is { } nearest)
                report(key.Line, key.Text, $"not a known key: did you mean {nearest}?", isWarning: true);
    }

    private void Add(string stage, YamlSequence entries) => stages.Add((stage, entries));

    /// <summary>Names of all stages, in the order of the file, none twice.</summary>
    internal IReadOnlyList<string> StageNames()
    {
        var names = new List<string>();
        foreach (var (stage, _) in stages)
            if (!names.Contains(stage)) names.Add(stage);
        return names;
    }

    internal IReadOnlyList<StageEntry> Entries(string stage)
    {
        var entries = new List<StageEntry>();
        foreach (var (name, list) in stages)
        {
            if (name != stage) continue;
            foreach (var item in list.Items)
            {
                var given = (item as YamlMapping)?.Text("name");
                entries.Add(new StageEntry(string.IsNullOrEmpty(given) ? $"{stage}[{entries.Count}]" : given, item.Line, item));
            }
        }
        return entries;
    }
}
