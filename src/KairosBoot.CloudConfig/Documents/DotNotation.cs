namespace KairosBoot.CloudConfig;

/// <summary>
/// Builds a document from single values: <c>stages.STAGE[ENTRY].KEY...</c>, <c>[n]</c> for an item of a list, from 0. The name of a stage goes up to
/// its first bracket, so <c>stages.rootfs.before[0]</c> is an entry of <c>rootfs.before</c>.
/// </summary>
internal sealed class DotNotation
{
    private const string Root = "stages";
    // A command line has 4096 characters at most; these bound what a few of them can ask for.
    private const int MaxItems = 256, MaxLevels = 16;

    private sealed class Node
    {
        internal string? Text;
        internal List<(string Name, Node Node)>? Fields;
        internal List<Node?>? Items;
    }

    /// <summary>A step down: the field of that name, or the item of that index where there is no name.</summary>
    private sealed class Part(string? name, int index)
    {
        internal readonly string? Name = name;
        internal readonly int Index = index;
    }

    private readonly Node stages = new() { Fields = [] };

    /// <summary>A value given twice is the last one. Throws <see cref="FormatException"/> and leaves everything as it is.</summary>
    internal void Set(string key, string value)
    {
        var node = stages;
        foreach (var part in Split(key)) node = part.Name is { } name ? Field(node, name) : Item(node, part.Index);
        if (node.Fields is not null || node.Items is not null) throw new FormatException("another word puts something below it");
        node.Text = value;
    }

    private static List<Part> Split(string key)
    {
        var bracket = key.IndexOf('[');
        if (bracket <= Root.Length + 1) throw new FormatException("not stages.STAGE[NUMBER].KEY=VALUE");
        var parts = new List<Part> { new(key[(Root.Length + 1)..bracket], 0) };
        for (var i = bracket; i < key.Length;)
        {
            var end = key[i] == '[' ? key.IndexOf(']', i) : key.AsSpan(i + 1).IndexOfAny('.', '[') is var length and >= 0 ? i + 1 + length : key.Length;
            if (end < 0) throw new FormatException("a bracket is not closed");
            var text = key[(i + 1)..end];
            if (key[i] == '.') parts.Add(text.Length > 0 ? new(text, 0) : throw new FormatException("a name is missing"));
            else if (key[i] == '[') parts.Add(new(null, Number(text)));
            else throw new FormatException($"'{key[i]}' where a dot or a bracket belongs");
            i = key[i] == '[' ? end + 1 : end;
        }
        if (parts.Count < 3) throw new FormatException("it names an entry and no key of it");
        return parts.Count <= MaxLevels ? parts : throw new FormatException($"more than {MaxLevels} levels");
    }

    private static int Number(string text) =>
        text.Length > 0 && char.IsAsciiDigit(text[0]) && int.TryParse(text, out var number) && number < MaxItems
            ? number : throw new FormatException($"[{text}] is not a number from 0 to {MaxItems - 1}");

    private static Node Field(Node node, string name)
    {
        if (node.Text is not null || node.Items is not null) throw new FormatException($".{name}: another word makes the place it is in a {KindOf(node)}");
        node.Fields ??= [];
        foreach (var (known, child) in node.Fields)
            if (known == name) return child;
        var added = new Node();
        node.Fields.Add((name, added));
        return added;
    }

    private static Node Item(Node node, int index)
    {
        if (node.Text is not null || node.Fields is not null) throw new FormatException($"[{index}]: another word makes the place it is in a {KindOf(node)}");
        node.Items ??= [];
        while (node.Items.Count <= index) node.Items.Add(null);
        return node.Items[index] ??= new Node();
    }

    private static string KindOf(Node node) => node.Text is not null ? "text" : node.Items is not null ? "list" : "mapping";

    /// <summary>The value of <c>stages</c>.</summary>
    internal YamlMapping ToYaml() => (YamlMapping)ToYaml(stages);

    private static YamlNode ToYaml(Node? node)
    {
        if (node?.Fields is { } fields)
        {
            var mapping = new YamlMapping(1, 1);
            foreach (var (name, child) in fields) mapping.Add(Scalar(name), ToYaml(child));
            return mapping;
        }
        if (node?.Items is { } items)
        {
            var list = new YamlSequence(1, 1);
            foreach (var item in items) list.Add(ToYaml(item));
            return list;
        }
        return node is null ? new YamlScalar("", isPlain: true, 1, 1) : Scalar(node.Text!);
    }

    /// <summary>Plain, so that a key that wants a number or true gets one; but never nothing: an empty value was given.</summary>
    private static YamlScalar Scalar(string text) => new YamlScalar(text, isPlain: true, 1, 1) is { IsNull: false } plain ? plain : new YamlScalar(text, isPlain: false, 1, 1);
}
