namespace KairosBoot.CloudConfig;

/// <summary>
/// Builds a document from single values: <c>stages.STAGE[ENTRY].KEY...</c>, <c>[n]</c> for an item of a list, from 0. The name of a stage
/// ends at the first bracket, so <c>stages.rootfs.before[0]</c> is an entry of <c>rootfs.before</c>.
/// </summary>
internal sealed class DotNotation
{
    private const string Root = "stages";
    // A command line has at most 4096 characters. These limits bound the memory that it can use.
    private const int MaxItems = 256, MaxLevels = 16;

    private sealed class Node
    {
        internal string? Text;
        internal List<(string Name, Node Node)>? Fields;
        internal List<Node?>? Items;
    }

    /// <summary>One level of a key: a field with this name or, without a name, the item with this index.</summary>
    private sealed class Part(string? name, int index)
    {
        internal readonly string? Name = name;
        internal readonly int Index = index;
    }

    private readonly Node stages = new() { Fields = [] };

    /// <summary>Sets a value. The last one counts. Throws <see cref="FormatException"/> for an invalid key and changes no value.</summary>
    internal void Set(string key, string value)
    {
        var node = stages;
        foreach (var part in Split(key)) node = part.Name is { } name ? Field(node, name) : Item(node, part.Index);
        if (node.Fields is not null || node.Items is not null) throw new FormatException("another word sets a key below it");
        node.Text = value;
    }

    private static List<Part> Split(string key)
    {
        var bracket = key.IndexOf('[');
        if (bracket <= Root.Length + 1) throw new FormatException("not stages.STAGE[NUMBER].KEY=VALUE");
        var parts = new List<Part> { new(key[(Root.Length + 1)..bracket], 0) };
        for (var i = bracket; i < key.Length;)
        {
            var end = key[i] == '[' ? key.IndexOf(']', i) : key.AsSpan(i + 1).IndexOfAny('.', '[') is var length and >= 0 ? i + 1 + length
                : key.Length;
            if (end < 0) throw new FormatException("a bracket is not closed");
            var text = key[(i + 1)..end];
            if (key[i] == '.') parts.Add(text.Length > 0 ? new(text, 0) : throw new FormatException("a name is missing"));
            else if (key[i] == '[') parts.Add(new(null, Number(text)));
            else throw new FormatException($"'{key[i]}' instead of a dot or a bracket");
            i = key[i] == '[' ? end + 1 : end;
        }
        if (parts.Count < 3) throw new FormatException("it names an entry but no key");
        return parts.Count <= MaxLevels ? parts : throw new FormatException($"more than {MaxLevels} levels");
    }

    private static int Number(string text) =>
        text.Length > 0 && char.IsAsciiDigit(text[0]) && int.TryParse(text, out var number) && number < MaxItems
            ? number : throw new FormatException($"[{text}] is not a number from 0 to {MaxItems - 1}");

    private static Node Field(Node node, string name)
    {
        if (node.Text is not null || node.Items is not null)
            throw new FormatException($".{name}: in another word this is a {KindOf(node)}");
        node.Fields ??= [];
        foreach (var (known, child) in node.Fields)
            if (known == name) return child;
        var added = new Node();
        node.Fields.Add((name, added));
        return added;
    }

    private static Node Item(Node node, int index)
    {
        if (node.Text is not null || node.Fields is not null)
            throw new FormatException($"[{index}]: in another word this is a {KindOf(node)}");
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
            var mapping = new YamlMapping(1);
            foreach (var (name, child) in fields) mapping.Add(Scalar(name), ToYaml(child));
            return mapping;
        }
        if (node?.Items is { } items)
        {
            var list = new YamlSequence(1);
            foreach (var item in items) list.Add(ToYaml(item));
            return list;
        }
        return node is null ? new YamlScalar("", isPlain: true, 1) : Scalar(node.Text!);
    }

    /// <summary>A plain scalar, so that it can be a number or a boolean. An empty value is an empty text and not null.</summary>
    private static YamlScalar Scalar(string text) =>
        new YamlScalar(text, isPlain: true, 1) is { IsNull: false } plain ? plain : new YamlScalar(text, isPlain: false, 1);
}
