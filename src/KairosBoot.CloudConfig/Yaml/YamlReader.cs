using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace KairosBoot.CloudConfig;

/// <summary>
/// Builds the nodes of the first document of a text with the event parser of YamlDotNet. The object model of YamlDotNet is not used,
/// because it is large and has no limits for hostile input.
/// </summary>
internal sealed class YamlReader
{
    // A config with a few hundred entries has about ten thousand nodes. A "billion laughs" document has more than a million.
    private const int MaxWeight = 200_000;
    private const int MaxHeight = 64;
    private const string BinaryTag = "tag:yaml.org,2002:binary";
    private static readonly int MaxLength = (int)Linux.ReadLimit.Config.Bytes;

    private readonly Parser parser;
    private readonly YamlTree tree;
    private Dictionary<string, Anchored>? anchors;
    private readonly bool mayBeInvalid;

    /// <summary>A subtree with all aliases expanded: it bounds the time and the stack to walk the subtree.</summary>
    private readonly struct Extent(int weight, int height)
    {
        /// <summary>Number of nodes.</summary>
        internal int Weight => weight;

        /// <summary>Number of levels.</summary>
        internal int Height => height;

        internal static Extent One => new(1, 1);

        internal Extent With(Extent child) =>
            new((int)Math.Min((long)weight + child.Weight, int.MaxValue), Math.Max(height, child.Height + 1));
    }

    // A class: a dictionary of structs would be more code in PID 1.
    private sealed class Anchored(int node, Extent extent)
    {
        internal int Node => node;
        internal Extent Extent => extent;
    }

    private YamlReader(string text)
    {
        parser = new Parser(new StringReader(text));
        tree = new YamlTree(text.Length);
        mayBeInvalid = text.Contains(ConfigEncoding.Invalid);
    }

    /// <summary>Null: the text has no document. Throws only <see cref="YamlFaultException"/>.</summary>
    public static YamlNode? Read(string text) => Read(text, (_, _, _, _) => { });

    /// <param name="text">The document.</param>
    /// <param name="report">Gets what follows the first document, because only that one is read.</param>
    public static YamlNode? Read(string text, Finding report)
    {
        if (text.Length > MaxLength) throw new YamlFaultException(1, 1, $"longer than {MaxLength} characters");
        var reader = new YamlReader(text.TrimStart('\uFEFF'));
        try
        {
            var root = reader.ReadDocument();
            reader.tree.Trim();
            if (root is not null) reader.FindMore(report);
            return root;
        }
        catch (YamlFaultException) { throw; }
        catch (YamlException e) { throw new YamlFaultException((int)e.Start.Line, (int)e.Start.Column, Sentence(e)); }
        // The scanner does not check all its indexes, so invalid input also causes other exceptions.
        catch (Exception e) when (e is not OutOfMemoryException) { throw reader.Fault("not YAML", reader.parser.Current); }
    }

    private static string Sentence(YamlException e) => e.Message.TrimEnd('.');

    private YamlFaultException Fault(string reason, ParsingEvent? at) =>
        new((int)(at?.Start.Line ?? 1), (int)(at?.Start.Column ?? 1), reason);

    private ParsingEvent Next() => parser.MoveNext() ? parser.Current! : throw Fault("ends too early", parser.Current);

    private YamlNode? ReadDocument()
    {
        Next();
        return Next() is DocumentStart ? tree.Node(ReadNode(Next(), depth: 1, out _)) : null;
    }

    /// <summary>Reports a second document, or text after the first one that is not YAML.</summary>
    private void FindMore(Finding report)
    {
        try
        {
            Next();
            if (Next() is DocumentStart start && Next() is not Scalar { Value.Length: 0 })
            {
                report((int)start.Start.Line, "", "a second YAML document starts here; only the first one of a file is read",
                    isWarning: true);
            }
        }
        catch (YamlFaultException) { } // the end
        catch (YamlException e)
        {
            report((int)e.Start.Line, "", $"everything from here is ignored: {Sentence(e)}", isWarning: false);
        }
    }

    /// <summary>Adds a node with its children to the tree and returns its number.</summary>
    private int ReadNode(ParsingEvent start, int depth, out Extent extent)
    {
        if (depth > MaxHeight) throw Fault($"nested deeper than {MaxHeight} levels", start);
        extent = Extent.One;
        var node = tree.Count;
        if (start is AnchorAlias alias)
        {
            if (anchors is null || !anchors.TryGetValue(alias.Value.Value, out var target))
                throw Fault($"*{alias.Value.Value}: no such anchor before this point", alias);
            extent = target.Extent;
            tree.AddAlias(target.Node);
        }
        else
        {
            switch (start)
            {
                case Scalar scalar: AddScalar(scalar); break;
                case SequenceStart: ReadSequence(start, depth, ref extent); break;
                case MappingStart: ReadMapping(start, depth, ref extent); break;
                default: throw Fault("a value is missing", start);
            }
        }
        // An alias can only refer to a complete node, so no node contains itself.
        if (start is NodeEvent { Anchor.IsEmpty: false } anchored)
            (anchors ??= [])[anchored.Anchor.Value] = new Anchored(node, extent);
        return node;
    }

    private void AddScalar(Scalar scalar)
    {
        if (mayBeInvalid && scalar.Value.Contains(ConfigEncoding.Invalid))
            throw Fault("contains bytes that are not UTF-8; to fix: save the file as UTF-8", scalar);
        tree.AddScalar(!scalar.Tag.IsEmpty && scalar.Tag.Value == BinaryTag ? FromBase64(scalar) : scalar.Value,
            scalar.Style == ScalarStyle.Plain && scalar.IsPlainImplicit, (int)scalar.Start.Line);
    }

    /// <summary>A value is a text. Other bytes need the field <c>encoding</c>.</summary>
    private string FromBase64(Scalar scalar)
    {
        var bytes = new byte[scalar.Value.Length];
        if (!Convert.TryFromBase64String(scalar.Value, bytes, out var length)) throw Fault("!!binary: not valid base64", scalar);
        var text = System.Text.Encoding.UTF8.GetString(bytes, 0, length);
        return !text.Contains(ConfigEncoding.Invalid) ? text
            : throw Fault("!!binary: not a text in UTF-8; to fix: use encoding: b64 without !!binary", scalar);
    }

    private void ReadSequence(ParsingEvent start, int depth, ref Extent extent)
    {
        var sequence = tree.Begin(isMapping: false, (int)start.Start.Line);
        var items = 0;
        for (var e = Next(); e is not SequenceEnd; e = Next())
        {
            ReadNode(e, depth + 1, out var item);
            extent = extent.With(item);
            CheckSize(extent, e);
            items++;
        }
        tree.End(sequence, items);
    }

    private void ReadMapping(ParsingEvent start, int depth, ref Extent extent)
    {
        var mapping = new YamlMappingReader(tree, (int)start.Start.Line);
        for (var e = Next(); e is not MappingEnd; e = Next())
        {
            var key = ReadNode(e, depth + 1, out var keyExtent);
            if (!tree.IsScalar(key)) throw Fault("a key must be a text", e);
            // The parser gives no position for `[a: b]`.
            if (mapping.IsEmpty && start.Start.Index == 0) tree.SetLine(mapping.Node, tree.Line(key));
            ReadNode(Next(), depth + 1, out var value);
            if (mapping.AddPair(key) is var known and >= 0)
                throw Fault($"key '{tree.Span(key).ToString()}' is already at line {tree.Line(known).ToString()}", e);
            if (mapping.Merged != key + 1) extent = extent.With(keyExtent).With(value);
            CheckSize(extent, e);
        }
        if (mapping.Merged >= 0) Merge(mapping, mapping.Merged, start, ref extent);
        tree.End(mapping.Node, mapping.Pairs);
    }

    /// <summary>Merge key: adds the keys that the mapping does not have. Of several merged mappings the first has precedence.</summary>
    private void Merge(YamlMappingReader mapping, int merged, ParsingEvent at, ref Extent extent)
    {
        merged = tree.Target(merged);
        var end = tree.IsScalar(merged) ? merged : tree.EndOf(merged);
        if (tree.IsSequence(merged))
        {
            for (var item = merged + 1; item < end; item = tree.After(item))
            {
                if (!tree.IsMapping(tree.Target(item))) throw Fault("<< takes a mapping or a list of mappings", at);
                Merge(mapping, item, at, ref extent);
            }
            return;
        }
        if (!tree.IsMapping(merged)) throw Fault("<< takes a mapping or a list of mappings", at);
        for (var key = tree.KeyAt(merged + 1, end); key < end; key = tree.KeyAt(tree.After(key + 1), end))
        {
            if (!mapping.AddMerged(key)) continue;
            extent = extent.With(Extent.One).With(Measure(key + 1));
            CheckSize(extent, at);
        }
    }

    private Extent Measure(int node)
    {
        node = tree.Target(node);
        var extent = Extent.One;
        if (tree.IsScalar(node)) return extent;
        var end = tree.EndOf(node);
        for (var child = tree.KeyAt(node + 1, end); child < end && extent.Weight <= MaxWeight; child = tree.KeyAt(tree.After(child), end))
            extent = extent.With(Measure(child));
        return extent;
    }

    private void CheckSize(Extent extent, ParsingEvent at)
    {
        if (extent.Weight > MaxWeight) throw Fault($"more than {MaxWeight} values with all aliases expanded", at);
        if (extent.Height > MaxHeight) throw Fault($"nested deeper than {MaxHeight} levels", at);
    }
}
