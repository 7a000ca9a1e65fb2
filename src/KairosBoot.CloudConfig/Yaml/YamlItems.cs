using System.Collections;

namespace KairosBoot.CloudConfig;

/// <summary>The items of a list of a document. Each is created when it is asked for.</summary>
internal sealed class YamlItems(YamlTree tree, int list) : IReadOnlyList<YamlNode>
{
    public int Count => tree.ItemsOf(list);

    /// <summary>As <see cref="YamlSequence.HasKeyInItems"/>, without an object for each item.</summary>
    internal bool HasKey(string key)
    {
        for (var node = list + 1; node < tree.EndOf(list); node = tree.After(node))
        {
            var item = tree.Target(node);
            if (tree.IsMapping(item) && tree.FindKey(key, item + 1, tree.EndOf(item)) >= 0) return true;
        }
        return false;
    }

    /// <summary>Walks over the items before it.</summary>
    public YamlNode this[int number]
    {
        get
        {
            if ((uint)number >= (uint)Count) throw new ArgumentOutOfRangeException(nameof(number));
            var node = list + 1;
            for (; number > 0; number--) node = tree.After(node);
            return tree.Node(node);
        }
    }

    public IEnumerator<YamlNode> GetEnumerator()
    {
        for (var node = list + 1; node < tree.EndOf(list); node = tree.After(node)) yield return tree.Node(node);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>The pairs of a mapping of a document. Each is created when it is asked for.</summary>
internal sealed class YamlPairs(YamlTree tree, int mapping) : IReadOnlyList<(YamlScalar Key, YamlNode Value)>
{
    public int Count => tree.ItemsOf(mapping);

    /// <summary>Walks over the pairs before it.</summary>
    public (YamlScalar Key, YamlNode Value) this[int number]
    {
        get
        {
            foreach (var pair in this)
                if (number-- == 0) return pair;
            throw new ArgumentOutOfRangeException(nameof(number));
        }
    }

    public IEnumerator<(YamlScalar Key, YamlNode Value)> GetEnumerator()
    {
        var end = tree.EndOf(mapping);
        for (var key = tree.KeyAt(mapping + 1, end); key < end; key = tree.KeyAt(tree.After(key + 1), end))
            yield return (tree.Scalar(key), tree.Node(key + 1));
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
