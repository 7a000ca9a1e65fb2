namespace KairosBoot.CloudConfig;

/// <summary>
/// The nodes of one document: 12 bytes for each, and 2 for each character of a short text. An object for each node would take ten times
/// the text of a file with many short values. <see cref="YamlNode"/> is created for a node when it is asked for.
/// </summary>
/// <param name="length">Characters of the document: its short texts have no more.</param>
internal sealed class YamlTree(int length)
{
    // Blocks never move, so a growing tree makes no garbage, and none is a large object of the garbage collector.
    private const int BlockBits = 10, BlockSize = 1 << BlockBits;
    // A longer text is a string.
    private const int MaxShort = 32;

    private enum Kind { Short, ShortPlain, Long, LongPlain, Sequence, Mapping, Alias, MergeKey }

    private const int KindBits = 3, KindMask = (1 << KindBits) - 1;

    /// <summary>The children of a collection follow it, each with its own children.</summary>
    private struct Cell
    {
        /// <summary>Place of the text; number of items or pairs; target of an alias.</summary>
        internal int First;

        /// <summary>Length of the text; for a collection the cells of its subtree, with itself.</summary>
        internal int Size;

        internal int LineAndKind;
    }

    private readonly List<Cell[]> cells = [];
    private readonly List<char[]> characters = [];
    private readonly List<string> texts = [];
    private int charactersUsed;

    /// <summary>Number of nodes.</summary>
    internal int Count { get; private set; }

    private ref Cell this[int node] => ref cells[node >> BlockBits][node & (BlockSize - 1)];

    private Kind KindOf(int node) => (Kind)(this[node].LineAndKind & KindMask);

    private int Add(Kind kind, int first, int size, int line)
    {
        if (Count >> BlockBits == cells.Count) cells.Add(new Cell[Count == 0 ? 64 : BlockSize]);
        else if (Count == cells[0].Length && Count < BlockSize) cells[0] = Grown(cells[0]);
        this[Count] = new Cell { First = first, Size = size, LineAndKind = line << KindBits | (int)kind };
        return Count++;
    }

    // Most documents are small.
    private static Cell[] Grown(Cell[] block)
    {
        var larger = new Cell[block.Length * 4];
        block.CopyTo(larger, 0);
        return larger;
    }

    /// <summary>Nothing is added any more: frees what a small document does not use of the first blocks.</summary>
    internal void Trim()
    {
        if (cells.Count == 1) cells[0] = cells[0][..Count];
        if (characters.Count == 1) characters[0] = characters[0][..charactersUsed];
    }

    internal int AddScalar(string text, bool isPlain, int line)
    {
        if (text.Length > MaxShort)
        {
            texts.Add(text);
            return Add(isPlain ? Kind.LongPlain : Kind.Long, texts.Count - 1, text.Length, line);
        }
        if (characters.Count == 0 || charactersUsed + text.Length > characters[^1].Length)
        {
            characters.Add(new char[characters.Count == 0 ? Math.Min(length + MaxShort, BlockSize) : BlockSize]);
            charactersUsed = 0;
        }
        text.CopyTo(0, characters[^1], charactersUsed, text.Length);
        var place = (characters.Count - 1) * BlockSize + charactersUsed;
        charactersUsed += text.Length;
        return Add(isPlain ? Kind.ShortPlain : Kind.Short, place, text.Length, line);
    }

    /// <summary>Adds a list or a mapping. Its children are what is added until <see cref="End"/>.</summary>
    internal int Begin(bool isMapping, int line) => Add(isMapping ? Kind.Mapping : Kind.Sequence, 0, 0, line);

    internal void End(int collection, int items) => (this[collection].First, this[collection].Size) = (items, Count - collection);

    internal void SetLine(int collection, int line) => this[collection].LineAndKind = line << KindBits | (int)KindOf(collection);

    /// <summary>Adds a node that is another one, also as a child.</summary>
    internal void AddAlias(int target) => Add(Kind.Alias, Target(target), 0, Line(target));

    /// <summary>The key <c>&lt;&lt;</c>: it and its value are not pairs of their mapping.</summary>
    internal void HideKey(int key) => this[key].LineAndKind = Line(key) << KindBits | (int)Kind.MergeKey;

    /// <summary>The node itself, or that of an alias.</summary>
    internal int Target(int node) => KindOf(node) == Kind.Alias ? this[node].First : node;

    internal int Line(int node) => this[node].LineAndKind >> KindBits;

    internal bool IsScalar(int node) => KindOf(Target(node)) <= Kind.LongPlain;

    internal bool IsPlain(int node) => KindOf(node) is Kind.ShortPlain or Kind.LongPlain;

    internal bool IsMapping(int node) => KindOf(node) == Kind.Mapping;

    internal bool IsSequence(int node) => KindOf(node) == Kind.Sequence;

    /// <summary>Items of a list, or pairs of a mapping.</summary>
    internal int ItemsOf(int collection) => this[collection].First;

    internal int EndOf(int collection) => collection + this[collection].Size;

    /// <summary>The node after this one and its children.</summary>
    internal int After(int node)
    {
        var cell = this[node];
        return (Kind)(cell.LineAndKind & KindMask) is Kind.Sequence or Kind.Mapping ? node + cell.Size : node + 1;
    }

    /// <summary>The key at this place, or the next one that is a key of a pair.</summary>
    internal int KeyAt(int node, int end)
    {
        while (node < end && KindOf(node) == Kind.MergeKey) node = After(node + 1);
        return node;
    }

    internal ReadOnlySpan<char> Span(int scalar)
    {
        scalar = Target(scalar);
        var cell = this[scalar];
        return KindOf(scalar) is Kind.Long or Kind.LongPlain ? texts[cell.First]
            : cell.Size == 0 ? default : characters[cell.First >> BlockBits].AsSpan(cell.First & (BlockSize - 1), cell.Size);
    }

    internal string Text(int scalar) => KindOf(scalar) is Kind.Long or Kind.LongPlain ? texts[this[scalar].First] : Span(scalar).ToString();

    /// <summary>The key with this text among the pairs from a node to another; -1: none.</summary>
    internal int FindKey(ReadOnlySpan<char> text, int from, int end)
    {
        // Each entry is searched for all keys that exist, and most of them have another length.
        for (var key = from; key < end; key = After(key + 1))
        {
            var cell = this[key];
            var kind = (Kind)(cell.LineAndKind & KindMask);
            if (kind <= Kind.LongPlain ? cell.Size == text.Length && Span(key).SequenceEqual(text)
                : kind == Kind.Alias && Span(key).SequenceEqual(text))
            {
                return key;
            }
        }
        return -1;
    }

    internal YamlScalar Scalar(int node) => new(this, Target(node));

    internal YamlNode Node(int node)
    {
        node = Target(node);
        return KindOf(node) switch
        {
            Kind.Sequence => new YamlSequence(this, node),
            Kind.Mapping => new YamlMapping(this, node),
            _ => new YamlScalar(this, node),
        };
    }
}
