namespace KairosBoot.CloudConfig;

/// <summary>A mapping of a document, or one that is built. Keys are in the order of the file and unique.</summary>
internal sealed class YamlMapping : YamlNode
{
    private readonly List<(YamlScalar Key, YamlNode Value)>? added;
    private readonly YamlTree? tree;
    private readonly int node;

    public YamlMapping(int line) : base(line) => added = [];

    internal YamlMapping(YamlTree tree, int node) : base(tree.Line(node)) => (this.tree, this.node) = (tree, node);

    public IReadOnlyList<(YamlScalar Key, YamlNode Value)> Pairs => added is not null ? added : new YamlPairs(tree!, node);
    public override string Kind => "a mapping";

    /// <summary>Only for a mapping that is built.</summary>
    public void Add(YamlScalar key, YamlNode value) => added!.Add((key, value));

    /// <summary>Null: no such key. A search is faster than a dictionary, because mappings of a config are short.</summary>
    public YamlNode? Find(string key)
    {
        if (tree is not null) return tree.FindKey(key, node + 1, tree.EndOf(node)) is var found and >= 0 ? tree.Node(found + 1) : null;
        foreach (var (name, value) in added!)
            if (name.Text == key) return value;
        return null;
    }

    public string? Text(string key) => Find(key) is YamlScalar { IsNull: false } scalar ? scalar.Text : null;

    public long? Integer(string key) => (Find(key) as YamlScalar)?.Integer();

    public bool? Boolean(string key) => (Find(key) as YamlScalar)?.Boolean();

    /// <summary>The texts of a list, or a single text as a list of one. Empty if the key is missing.</summary>
    public IEnumerable<YamlScalar> Texts(string key) => TextsOf(Find(key));

    public static IEnumerable<YamlScalar> TextsOf(YamlNode? node)
    {
        if (node is YamlScalar { IsNull: false } single) yield return single;
        if (node is not YamlSequence list) yield break;
        foreach (var item in list.Items)
            if (item is YamlScalar scalar) yield return scalar;
    }

    /// <summary>The mappings of a list. Empty if the key is missing.</summary>
    public static IEnumerable<YamlMapping> MappingsOf(YamlNode? node)
    {
        if (node is not YamlSequence list) yield break;
        foreach (var item in list.Items)
            if (item is YamlMapping mapping) yield return mapping;
    }
}
