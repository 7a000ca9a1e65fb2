namespace KairosBoot.CloudConfig;

/// <summary>
/// The nodes of one document: 12 bytes for each, and 2 for each character of a short text. An object for each node would take ten times
/// the text of a file with many short values. <see cref="YamlNode"/> is created for a node when it is asked for.
/// </summary>
/// <param name="length">Characters of the document: its short texts have no more.</param>
internal sealed class YamlTree(int length)
{
    // Blocks never move, so a growing tree makes no garbage, and none is a large object of the garbage collector. Most documents are small
    // and have only the first block.
    private const int BlockBits = 10, BlockSize = 1 << BlockBits, MinFirst = 16, MaxFirst = 64;
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

    private Cell[] cells = new Cell[Math.Clamp(length / 8, MinFirst, MaxFirst)];
    private List<Cell[]>? moreCells;
    private char[] characters = new char[Math.Min(length + MaxShort, BlockSize)];
    private List<char[]>? moreCharacters;
    private List<string>? texts;
    private int charactersUsed;

    /// <summary>Number of nodes.</summary>
    internal int Count { get; private set; }

    private ref Cell this[int node] =>
        ref (node < BlockSize ? ref cells[node] : ref moreCells![(node >> BlockBits) - 1][node & (BlockSize - 1)]);

    private Kind KindOf(int node) => (Kind)(this[node].LineAndKind & KindMask);

    private int Add(Kind kind, int first, int size, int line)
    {
        if (Count >= BlockSize && (Count & (BlockSize - 1)) == 0) (moreCells ??= []).Add(new Cell[BlockSize]);
        else if (Count == cells.Length && Count < BlockSize) Grow();
        this[Count] = new Cell { First = first, Size = size, LineAndKind = line << KindBits | (int)kind };
        return Count++;
    }

    private void Grow()
    {
        var larger = new Cell[Math.Min(Count * 4, BlockSize)];
        cells.CopyTo(larger, 0);
        cells = larger;
    }

    /// <summary>Nothing is added any more: frees what a small document does not use of the first blocks.</summary>
    internal void Trim()
    {
        if (moreCells is null) cells = cells[..Count];
        if (moreCharacters is null) characters = characters[..charactersUsed];
    }

    internal int AddScalar(string text, bool isPlain, int line)
    {
        if (text.Length > MaxShort)
        {
            (texts ??= []).Add(text);
            return Add(isPlain ? Kind.LongPlain : Kind.Long, texts.Count - 1, text.Length, line);
        }
        var block = moreCharacters is null ? characters : moreCharacters[^1];
        if (charactersUsed + text.Length > block.Length)
        {
            block = new char[BlockSize];
            (moreCharacters ??= []).Add(block);
            charactersUsed = 0;
        }
        text.CopyTo(0, block, charactersUsed, text.Length);
        var place = (moreCharacters?.Count ?? 0) * BlockSize + charactersUsed;
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
        if ((Kind)(cell.LineAndKind & KindMask) is Kind.Long or Kind.LongPlain) return texts![cell.First];
        if (cell.Size == 0) return default;
        var block = cell.First < BlockSize ? characters : moreCharacters![(cell.First >> BlockBits) - 1];
        return block.AsSpan(cell.First & (BlockSize - 1), cell.Size);
    }

    internal string Text(int scalar) =>
        KindOf(scalar) is Kind.Long or Kind.LongPlain ? texts![this[scalar].First] : Span(scalar).ToString();

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
