namespace KairosBoot.CloudConfig;

/// <summary>A mapping whose pairs are added to the tree: finds keys that are there twice.</summary>
internal sealed class YamlMappingReader
{
    // Most mappings have few keys, and a search is faster there.
    private const int Few = 16;

    private readonly YamlTree tree;
    private YamlKeys? keys;

    internal YamlMappingReader(YamlTree tree, int line) => (this.tree, Node) = (tree, tree.Begin(isMapping: true, line));

    internal int Node { get; }
    internal int Pairs { get; private set; }

    /// <summary>The value of the key <c>&lt;&lt;</c>; -1: no such key.</summary>
    internal int Merged { get; private set; } = -1;

    internal bool IsEmpty => Pairs == 0 && Merged < 0;

    /// <summary>Counts a pair that is in the tree. Otherwise the key with the same text; -1: none.</summary>
    internal int AddPair(int key)
    {
        if (tree.Span(key) is "<<" && tree.IsPlain(tree.Target(key)))
        {
            if (Merged >= 0) return Merged - 1;
            Merged = key + 1;
            tree.HideKey(key);
            return -1;
        }
        var known = Find(tree.Span(key), key);
        if (known < 0) Count(key);
        return known;
    }

    /// <summary>Adds a pair of another mapping. False: the mapping has the key.</summary>
    internal bool AddMerged(int key)
    {
        if (Find(tree.Span(key), tree.Count) >= 0) return false;
        var added = tree.Count;
        tree.AddAlias(key);
        tree.AddAlias(key + 1);
        Count(added);
        return true;
    }

    private int Find(ReadOnlySpan<char> text, int end) => keys?.Find(text) ?? tree.FindKey(text, Node + 1, end);

    private void Count(int key)
    {
        if (++Pairs == Few) keys = new YamlKeys(tree, Node + 1, key);
        keys?.Add(key);
    }
}
