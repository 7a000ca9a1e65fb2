namespace KairosBoot.CloudConfig;

/// <summary>The stages of one config file, in either format, as entries in the order of the file.</summary>
internal sealed class CloudConfigDocument
{
    internal static readonly CloudConfigDocument Empty = new();

    // In the order of the file.
    private readonly List<string> names = [];
    private readonly Dictionary<string, List<YamlSequence>> byStage = [];
    private string? title;

    /// <summary>The top-level keys; null: the document has none.</summary>
    internal YamlMapping? Root { get; private init; }

    /// <summary>Throws <see cref="YamlFaultException"/> for text that is not YAML. Reports and ignores invalid parts.</summary>
    internal static CloudConfigDocument Parse(string text, Finding report)
    {
        if (text.AsSpan().TrimStart() is ['<', ..])
        {
            report(1, "", "HTML or XML instead of a cloud-config; to fix: check the URL or the program that wrote it", isWarning: false);
            return new CloudConfigDocument();
        }
        var root = YamlReader.Read(text, report);
        ReportInvalidComment(text, report);
        if (root is null or YamlScalar { IsNull: true }) return new CloudConfigDocument();
        if (root is not YamlMapping mapping)
        {
            report(root.Line, "", $"{root.Kind} instead of a mapping with the key stages", isWarning: false);
            return new CloudConfigDocument();
        }
        var document = new CloudConfigDocument { Root = mapping };
        if (CloudConfigHeader.IsIn(text))
        {
            foreach (var (stage, entries) in CloudInitDocument.ToStages(mapping, report)) document.Add(stage, entries);
        }
        else
        {
            if (mapping.Text("name") is { Length: > 0 } name) document.title = name;
            CloudConfigHeader.CheckMissing(text, mapping, report);
        }
        document.AddStages(mapping, report);
        return document;
    }

    /// <summary>The reader has refused invalid bytes in a value, so these are in a comment.</summary>
    private static void ReportInvalidComment(string text, Finding report)
    {
        var at = text.IndexOf(ConfigEncoding.Invalid);
        if (at < 0) return;
        report(text.AsSpan(0, at).Count('\n') + 1, "", "the comment contains bytes that are not UTF-8", isWarning: true);
    }

    /// <summary>Creates a document with this title from the value of <c>stages</c>.</summary>
    internal static CloudConfigDocument Of(YamlMapping stages, string title, Finding report)
    {
        var document = new CloudConfigDocument { title = title };
        document.AddLists(stages, report);
        return document;
    }

    private void AddStages(YamlMapping root, Finding report)
    {
        if (root.Find("stages") is { } node)
        {
            if (node is YamlMapping stageMap) AddLists(stageMap, report);
            else if (node is not YamlScalar { IsNull: true })
                report(node.Line, "stages", $"{node.Kind} instead of a mapping; ignored", isWarning: false);
            return;
        }
        // The other keys belong to other tools. Only a misspelt "stages" is reported.
        foreach (var (key, _) in root.Pairs)
        {
            if (SpellingHint.Find(key.Text, ["stages"]) is { } nearest)
                report(key.Line, key.Name, $"not a known key: did you mean {nearest}?", isWarning: true);
        }
    }

    private void AddLists(YamlMapping stageMap, Finding report)
    {
        foreach (var (stage, entries) in stageMap.Pairs)
        {
            if (entries is YamlSequence list) Add(stage.Text, list);
            else if (entries is not YamlScalar { IsNull: true })
                report(entries.Line, "stages." + stage.Name, $"{entries.Kind} instead of a list; ignored", isWarning: false);
        }
    }

    private void Add(string stage, YamlSequence entries)
    {
        if (!byStage.TryGetValue(stage, out var lists))
        {
            byStage.Add(stage, lists = []);
            names.Add(stage);
        }
        lists.Add(entries);
    }

    /// <summary>Names of all stages, in the order of the file, none twice.</summary>
    internal IReadOnlyList<string> StageNames() => names;

    /// <summary>
    /// The entries of a stage. If two entries share a name or have none, the full name of each entry contains its number.
    /// </summary>
    /// <param name="stage">Its name.</param>
    /// <param name="file">Path of the document.</param>
    /// <param name="fileNumber">The number of the file in its source.</param>
    internal IEnumerable<StageEntry> Entries(string stage, string file, int fileNumber = 0)
    {
        if (!byStage.TryGetValue(stage, out var lists)) yield break;
        var shared = new StageFile(file, fileNumber, stage, title ?? file, HasSharedName(lists));
        var number = 0;
        foreach (var list in lists)
            foreach (var item in list.Items) yield return new StageEntry(shared, number++, item);
    }

    private static bool HasSharedName(List<YamlSequence> lists)
    {
        var names = new HashSet<string>();
        foreach (var list in lists)
        {
            foreach (var entry in list.Items)
                if (!names.Add(StageEntry.GivenName(entry))) return true;
        }
        return false;
    }
}
