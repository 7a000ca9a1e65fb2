using System.Text;

namespace KairosBoot.Plan;

/// <summary>What a manifest says of one persistent path.</summary>
/// <param name="path">In the running system: <c>/etc/ssh</c>.</param>
/// <param name="store">Name of the store in the state directory: <c>etc-ssh.bind</c>.</param>
/// <param name="image">The image the store was last brought in line with; <see cref="Unfinished"/> while it is being done.</param>
public sealed class ManifestSection(string path, string store, string image)
{
    /// <summary>Stands for the image while the changes are made: no image is that one, so the next boot looks again.</summary>
    public const string Unfinished = "-";

    public string Path { get; } = path;
    public string Store { get; } = store;
    public string Image { get; } = image;
    /// <summary>Bytes of <see cref="Text"/>, and half of their SHA-256 in hexadecimal.</summary>
    public required int Length { get; init; }
    public required string Digest { get; init; }
    /// <summary>One line an entry; null where only the head was read, or where the text is not what the head says.</summary>
    public byte[]? Text { get; set; }

    /// <param name="path">As for the constructor, and the next two.</param>
    /// <param name="store">Name of the store.</param>
    /// <param name="image">The image.</param>
    /// <param name="entries">After a merge was decided, in the order of a walk.</param>
    /// <param name="meanwhile">Whether the changes of the merge are still to be made.</param>
    public static ManifestSection Of(string path, string store, string image, List<MergeEntry> entries, bool meanwhile)
    {
        var text = new StringBuilder();
        foreach (var entry in entries)
        {
            if ((meanwhile ? entry.Meanwhile : entry.Settled) is not { } signatures) continue;
            if (signatures.Length == 0) text.Append('!');
            for (var i = 0; i < signatures.Length; i++) text.Append(i == 0 ? "" : ",").Append(signatures[i].ToString());
            text.Append(' ');
            ManifestName.Append(text, entry.Name);
            text.Append('\n');
        }
        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        return new(path, store, meanwhile ? Unfinished : image) { Length = bytes.Length, Digest = PersistentManifest.HalfDigest(bytes), Text = bytes };
    }

    /// <summary>Entries with nothing but name and base, in the order of a walk. Null: the text is missing or damaged.</summary>
    public List<MergeEntry>? Entries()
    {
        if (Text is null) return null;
        var entries = new List<MergeEntry>();
        var rest = Text.AsSpan();
        while (rest.Length > 0)
        {
            var end = rest.IndexOf((byte)'\n');
            if (end < 0 || Entry(Encoding.UTF8.GetString(rest[..end])) is not { } entry) return null;
            if (entries.Count > 0 && MergeTree.Compare(entries[^1].Name, entry.Name) >= 0) return null;
            entries.Add(entry);
            rest = rest[(end + 1)..];
        }
        return entries;
    }

    private static MergeEntry? Entry(string line)
    {
        var cut = line.IndexOf(' ');
        if (cut < 0 || ManifestName.TryParse(line.AsSpan(cut + 1)) is not { } name) return null;
        if (line.AsSpan(0, cut) is "!") return new MergeEntry(name) { Base = [] };
        var words = line[..cut].Split(',');
        var signatures = new EntrySignature[words.Length];
        for (var i = 0; i < words.Length; i++)
        {
            if (EntrySignature.TryParse(words[i]) is not { } signature) return null;
            signatures[i] = signature;
        }
        return new MergeEntry(name) { Base = signatures };
    }
}
