namespace KairosBoot.CloudConfig;

/// <summary>Finds a key of a long mapping while it is read. It keeps 8 to 16 bytes for each key.</summary>
internal sealed class YamlKeys
{
    private readonly YamlTree tree;
    // A key's node and 1; 0: free. At least half of them are free.
    private int[] places = new int[64];
    private int count;

    /// <param name="tree">The document.</param>
    /// <param name="from">First key.</param>
    /// <param name="end">Node after the last pair.</param>
    internal YamlKeys(YamlTree tree, int from, int end)
    {
        this.tree = tree;
        for (var key = tree.KeyAt(from, end); key < end; key = tree.KeyAt(tree.After(key + 1), end)) Add(key);
    }

    /// <summary>-1: no such key.</summary>
    internal int Find(ReadOnlySpan<char> text)
    {
        var place = Place(text);
        while (places[place] > 0 && !tree.Span(places[place] - 1).SequenceEqual(text)) place = (place + 1) & (places.Length - 1);
        return places[place] - 1;
    }

    internal void Add(int key)
    {
        if (++count * 2 > places.Length)
        {
            var keys = places;
            places = new int[keys.Length * 2];
            foreach (var known in keys)
                if (known > 0) Put(known);
        }
        Put(key + 1);
    }

    private void Put(int keyAndOne)
    {
        var place = Place(tree.Span(keyAndOne - 1));
        while (places[place] > 0) place = (place + 1) & (places.Length - 1);
        places[place] = keyAndOne;
    }

    // A seed that differs for each process: nobody can write keys that all have the same place.
    private int Place(ReadOnlySpan<char> text) => string.GetHashCode(text) & (places.Length - 1);
}
