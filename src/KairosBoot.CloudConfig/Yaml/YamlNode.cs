namespace KairosBoot.CloudConfig;

/// <summary>One node of a YAML document. Aliases are the node they point to, so a document is a graph without cycles.</summary>
internal abstract class YamlNode(int line)
{
    /// <summary>Where the node starts in its file, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>The kind of node in messages.</summary>
    public abstract string Kind { get; }
}

/// <summary>A list of a document, or one that is built.</summary>
internal sealed class YamlSequence : YamlNode
{
    private readonly IReadOnlyList<YamlNode> items;

    public YamlSequence(int line) : base(line) => items = new List<YamlNode>();

    internal YamlSequence(YamlTree tree, int node) : base(tree.Line(node)) => items = new YamlItems(tree, node);

    public IReadOnlyList<YamlNode> Items => items;
    public override string Kind => "a list";

    /// <summary>True: an item is a mapping with this key.</summary>
    public bool HasKeyInItems(string key)
    {
        if (items is YamlItems inTree) return inTree.HasKey(key);
        foreach (var item in items)
            if (item is YamlMapping mapping && mapping.Find(key) is not null) return true;
        return false;
    }

    /// <summary>Only for a list that is built.</summary>
    public void Add(YamlNode item) => ((List<YamlNode>)items).Add(item);
}
