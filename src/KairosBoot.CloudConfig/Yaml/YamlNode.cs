namespace KairosBoot.CloudConfig;

/// <summary>One node of a YAML document. Aliases share the node they point to, so a document is a graph without cycles.</summary>
internal abstract class YamlNode(int line, int column)
{
    /// <summary>Where the node starts in its file, from 1.</summary>
    public int Line { get; } = line;
    public int Column { get; } = column;

    /// <summary>Number of nodes in this subtree with all aliases expanded. It bounds the time to walk the subtree.</summary>
    public virtual int Weight => 1;

    /// <summary>Number of levels in this subtree.</summary>
    public virtual int Height => 1;

    /// <summary>The kind of node in messages.</summary>
    public abstract string Kind { get; }
}

/// <summary>A list or a mapping, with the size of its subtree.</summary>
internal abstract class YamlCollection(int line, int column) : YamlNode(line, column)
{
    private int weight = 1, height = 1;

    public override int Weight => weight;
    public override int Height => height;

    protected void Count(YamlNode child)
    {
        weight = (int)Math.Min((long)weight + child.Weight, int.MaxValue);
        height = Math.Max(height, child.Height + 1);
    }
}

internal sealed class YamlSequence(int line, int column) : YamlCollection(line, column)
{
    private readonly List<YamlNode> items = [];

    public IReadOnlyList<YamlNode> Items => items;
    public override string Kind => "a list";

    public void Add(YamlNode item)
    {
        items.Add(item);
        Count(item);
    }
}

/// <summary>Keys are in the order of the file and unique.</summary>
internal sealed class YamlMapping(int line, int column) : YamlCollection(line, column)
{
    private readonly List<(YamlScalar Key, YamlNode Value)> pairs = [];

    public IReadOnlyList<(YamlScalar Key, YamlNode Value)> Pairs => pairs;
    public override string Kind => "a mapping";

    public void Add(YamlScalar key, YamlNode value)
    {
        pairs.Add((key, value));
        Count(key);
        Count(value);
    }

    /// <summary>Null: no such key. A search is faster than a dictionary, because mappings of a config are short.</summary>
    public YamlNode? Find(string key)
    {
        foreach (var (name, value) in pairs)
            if (name.Text == key) return value;
        return null;
    }

    /// <summary>Null: no such key.</summary>
    public int? LineOf(string key)
    {
        foreach (var (name, _) in pairs)
            if (name.Text == key) return name.Line;
        return null;
    }

    public string? Text(string key) => Find(key) is YamlScalar { IsNull: false } scalar ? scalar.Text : null;

    public long? Integer(string key) => (Find(key) as YamlScalar)?.Integer();

    public bool? Boolean(string key) => (Find(key) as YamlScalar)?.Boolean();

    /// <summary>The texts of a list, or a single text as a list of one. Empty if the key is missing.</summary>
    public IReadOnlyList<YamlScalar> Texts(string key) => TextsOf(Find(key));

    public static IReadOnlyList<YamlScalar> TextsOf(YamlNode? node)
    {
        var texts = new List<YamlScalar>();
        if (node is YamlScalar { IsNull: false } single)
        {
            texts.Add(single);
        }
        else if (node is YamlSequence list)
        {
            foreach (var item in list.Items)
                if (item is YamlScalar scalar) texts.Add(scalar);
        }

        return texts;
    }

    /// <summary>The mappings of a list. Empty if the key is missing.</summary>
    public static IReadOnlyList<YamlMapping> MappingsOf(YamlNode? node)
    {
        var mappings = new List<YamlMapping>();
        if (node is YamlSequence list)
        {
            foreach (var item in list.Items)
                if (item is YamlMapping mapping) mappings.Add(mapping);
        }

        return mappings;
    }
}
