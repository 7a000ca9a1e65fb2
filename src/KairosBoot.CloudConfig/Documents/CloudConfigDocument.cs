namespace KairosBoot.CloudConfig;

/// <summary>The stages of one config file, in either format, as entries in the order of the file.</summary>
internal sealed class CloudConfigDocument
{
    internal static readonly CloudConfigDocument Empty = new();

    // There may be thousands of documents, so a stage is looked up in the text's own mapping.
    private YamlMapping? stages;

    // Of the stages of CloudInitDocument; null: no key of the document becomes an entry, or the document has no header.
    private YamlSequence[]? translated;
    private bool hasHeader;

    /// <summary>The top-level keys; null: the document has none.</summary>
    internal YamlMapping? Root { get; private init; }

    /// <summary>Null: it has none, or its <c>name</c> is for cloud-init.</summary>
    internal string? Title { get; private set; }

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
        var document = new CloudConfigDocument { Root = mapping, hasHeader = CloudConfigHeader.IsIn(text) };
        if (!document.hasHeader)
        {
            if (mapping.Text("name") is { Length: > 0 } name) document.Title = name;
            CloudConfigHeader.CheckMissing(text, mapping, report);
        }
        else if (CloudConfigHeader.HasKey(mapping))
        {
            document.translated = CloudInitDocument.ToStages(mapping, report);
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
        CheckLists(stages, report);
        return new CloudConfigDocument { Title = title, stages = stages };
    }

    private void AddStages(YamlMapping root, Finding report)
    {
        if (root.Find("stages") is { } node)
        {
            stages = node as YamlMapping;
            if (stages is not null) CheckLists(stages, report);
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

    private static void CheckLists(YamlMapping stages, Finding report)
    {
        foreach (var (stage, entries) in stages.Pairs)
        {
            if (entries is not (YamlSequence or YamlScalar { IsNull: true }))
                report(entries.Line, "stages." + stage.Name, $"{entries.Kind} instead of a list; ignored", isWarning: false);
        }
    }

    /// <summary>Names of all stages, in the order of the file, none twice.</summary>
    internal IReadOnlyList<string> StageNames()
    {
        List<string> names = hasHeader ? [.. CloudInitDocument.Stages] : [];
        foreach (var (stage, entries) in stages?.Pairs ?? [])
            if (entries is YamlSequence && !(hasHeader && CloudInitDocument.NumberOf(stage.Text) >= 0)) names.Add(stage.Text);
        return names;
    }

    /// <summary>
    /// The entries of a stage. If two entries share a name or have none, the full name of each entry contains its number.
    /// </summary>
    /// <param name="stage">Its name.</param>
    /// <param name="file">Path of the document.</param>
    /// <param name="fileNumber">The number of the file in its source.</param>
    internal List<StageEntry> Entries(string stage, string file, int fileNumber = 0)
    {
        var entries = new List<StageEntry>();
        AddEntries(entries, stage, file, fileNumber);
        return entries;
    }

    /// <summary>As <see cref="Entries"/>, added to those of other files.</summary>
    internal void AddEntries(List<StageEntry> entries, string stage, string file, int fileNumber)
    {
        var number = hasHeader ? CloudInitDocument.NumberOf(stage) : -1;
        var own = stages?.Find(stage) as YamlSequence;
        if (number < 0 && own is null) return;
        var shared = new StageFile(this, file, fileNumber, stage);
        // Such a document always has an entry of these stages, which may be empty.
        if (number >= 0) Add(translated?[number] ?? CloudInitDocument.NoKeys(Root!.Line), entries, shared);
        if (own is not null) Add(own, entries, shared);
    }

    /// <summary>True: an entry of the stage has the key <c>after</c>. Entries that are translated from other keys have none.</summary>
    internal bool HasAfter(string stage) => stages?.Find(stage) is YamlSequence list && list.HasKeyInItems(EntryOrder.Key);

    private static void Add(YamlSequence list, List<StageEntry> entries, StageFile shared)
    {
        foreach (var item in list.Items) entries.Add(new StageEntry(shared, shared.Entries++, item));
    }

    internal bool HasSharedName(string stage)
    {
        var names = new HashSet<string>();
        foreach (var entry in Entries(stage, ""))
            if (!names.Add(StageEntry.GivenName(entry.Node))) return true;
        return false;
    }
}
