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
    private readonly Dictionary<string, YamlNode> anchors = [];

    private readonly bool mayBeInvalid;

    private YamlReader(string text)
    {
        parser = new Parser(new StringReader(text));
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
        return Next() is DocumentStart ? ReadNode(Next(), depth: 1) : null;
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

    private YamlNode ReadNode(ParsingEvent start, int depth)
    {
        if (depth > MaxHeight) throw Fault($"nested deeper than {MaxHeight} levels", start);
        var node = start switch
        {
            AnchorAlias alias => anchors.TryGetValue(alias.Value.Value, out var target)
                ? target : throw Fault($"*{alias.Value.Value}: no such anchor before this point", alias),
            Scalar scalar => ReadScalar(scalar),
            SequenceStart => ReadSequence(start, depth),
            MappingStart => ReadMapping(start, depth),
            _ => throw Fault("a value is missing", start),
        };
        // An alias can only refer to a complete node, so no node contains itself.
        if (start is NodeEvent { Anchor.IsEmpty: false } anchored) anchors[anchored.Anchor.Value] = node;
        return node;
    }

    private YamlScalar ReadScalar(Scalar scalar) => mayBeInvalid && scalar.Value.Contains(ConfigEncoding.Invalid)
        ? throw Fault("contains bytes that are not UTF-8; to fix: save the file as UTF-8", scalar)
        : new(!scalar.Tag.IsEmpty && scalar.Tag.Value == BinaryTag ? FromBase64(scalar) : scalar.Value,
            scalar.Style == ScalarStyle.Plain && scalar.IsPlainImplicit, (int)scalar.Start.Line, (int)scalar.Start.Column);

    /// <summary>A value is a text. Other bytes need the field <c>encoding</c>.</summary>
    private string FromBase64(Scalar scalar)
    {
        var bytes = new byte[scalar.Value.Length];
        if (!Convert.TryFromBase64String(scalar.Value, bytes, out var length)) throw Fault("!!binary: not valid base64", scalar);
        var text = System.Text.Encoding.UTF8.GetString(bytes, 0, length);
        return !text.Contains(ConfigEncoding.Invalid) ? text
            : throw Fault("!!binary: not a text in UTF-8; to fix: use encoding: b64 without !!binary", scalar);
    }

    private YamlSequence ReadSequence(ParsingEvent start, int depth)
    {
        var sequence = new YamlSequence((int)start.Start.Line, (int)start.Start.Column);
        for (var e = Next(); e is not SequenceEnd; e = Next())
        {
            sequence.Add(ReadNode(e, depth + 1));
            CheckSize(sequence, e);
        }
        return sequence;
    }

    private YamlMapping ReadMapping(ParsingEvent start, int depth)
    {
        var mapping = new YamlMapping((int)start.Start.Line, (int)start.Start.Column);
        // Most mappings have few keys, and a dictionary takes more memory than their text.
        const int Few = 16;
        Dictionary<string, int>? seen = null;
        YamlScalar? mergeKey = null;
        YamlNode? merged = null;
        for (var e = Next(); e is not MappingEnd; e = Next())
        {
            var keyEvent = e;
            if (ReadNode(e, depth + 1) is not YamlScalar key) throw Fault("a key must be a text", keyEvent);
            // The parser gives no position for `[a: b]`.
            if (mapping.Pairs.Count == 0 && merged is null && start.Start.Index == 0) mapping = new YamlMapping(key.Line, key.Column);
            var value = ReadNode(Next(), depth + 1);
            if (mapping.Pairs.Count == Few) seen ??= Lines(mapping);
            var isMerge = key is { Text: "<<", IsPlain: true };
            var line = isMerge ? mergeKey?.Line : seen is null ? mapping.LineOf(key.Text)
                : seen.TryGetValue(key.Text, out var known) ? known : null;
            if (line is { } earlier) throw Fault($"key '{key.Text}' is already at line {earlier}", keyEvent);
            if (isMerge)
            {
                (mergeKey, merged) = (key, value);
            }
            else
            {
                mapping.Add(key, value);
                seen?.Add(key.Text, key.Line);
            }
            CheckSize(mapping, keyEvent);
        }
        if (merged is not null) Merge(mapping, merged, seen ?? Lines(mapping), start);
        return mapping;
    }

    private static Dictionary<string, int> Lines(YamlMapping mapping)
    {
        var lines = new Dictionary<string, int>();
        foreach (var (key, _) in mapping.Pairs) lines.Add(key.Text, key.Line);
        return lines;
    }

    /// <summary>Merge key: adds the keys that the mapping does not have. Of several merged mappings the first has precedence.</summary>
    private void Merge(YamlMapping mapping, YamlNode merged, Dictionary<string, int> seen, ParsingEvent at)
    {
        if (merged is YamlSequence list)
        {
            foreach (var item in list.Items)
            {
                if (item is not YamlMapping) throw Fault("<< takes a mapping or a list of mappings", at);
                Merge(mapping, item, seen, at);
            }
            return;
        }
        if (merged is not YamlMapping source) throw Fault("<< takes a mapping or a list of mappings", at);
        foreach (var (key, value) in source.Pairs)
            if (seen.TryAdd(key.Text, key.Line)) mapping.Add(key, value);
        CheckSize(mapping, at);
    }

    private void CheckSize(YamlNode node, ParsingEvent at)
    {
        if (node.Weight > MaxWeight) throw Fault($"more than {MaxWeight} values with all aliases expanded", at);
        if (node.Height > MaxHeight) throw Fault($"nested deeper than {MaxHeight} levels", at);
    }
}
