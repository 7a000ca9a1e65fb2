using System.Text;

namespace KairosBoot.Plan;

/// <summary>The part of a manifest about one persistent path.</summary>
/// <param name="path">In the running system: <c>/etc/ssh</c>.</param>
/// <param name="store">Name of the store in its directory: <c>etc-ssh.bind</c>.</param>
/// <param name="image">The image that the store was last updated to; <see cref="Unfinished"/> during an update.</param>
public sealed class ManifestSection(string path, string store, string image)
{
    /// <summary>Stands for the image during an update. No image has this identity, so the next boot repeats the update.</summary>
    public const string Unfinished = "-";

    public string Path { get; } = path;
    public string Store { get; } = store;
    public string Image { get; } = image;
    /// <summary>
    /// <see cref="SignatureKey.Id"/> of the key of its signatures. Null: they are the first half of a SHA-256, as older versions write
    /// them.
    /// </summary>
    public string? KeyId { get; init; }
    /// <summary>Bytes of <see cref="Text"/>, and the first half of their SHA-256 in hexadecimal.</summary>
    public required int Length { get; init; }
    public required string Digest { get; init; }
    /// <summary>One line for each entry; null: only the head was read, or the text does not match the head.</summary>
    public byte[]? Text { get; set; }

    /// <param name="path">As in the constructor, like the next two.</param>
    /// <param name="store">Name of the store.</param>
    /// <param name="image">The image.</param>
    /// <param name="entries">The entries after a merge was planned, in the order of a walk.</param>
    /// <param name="meanwhile">True: the changes of the merge are not made yet.</param>
    /// <param name="keyId">As <see cref="KeyId"/>.</param>
    public static ManifestSection Of(string path, string store, string image, List<MergeEntry> entries, bool meanwhile,
        string? keyId = null)
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
        var digest = PersistentManifest.HalfDigest(bytes);
        return new(path, store, meanwhile ? Unfinished : image) { Length = bytes.Length, Digest = digest, Text = bytes, KeyId = keyId };
    }

    /// <summary>The same files for another image.</summary>
    public ManifestSection With(string otherImage) =>
        new(Path, Store, otherImage) { Length = Length, Digest = Digest, Text = Text, KeyId = KeyId };

    /// <summary>The same files in the store of another path.</summary>
    public ManifestSection For(string otherPath, string otherStore) =>
        new(otherPath, otherStore, Image) { Length = Length, Digest = Digest, Text = Text, KeyId = KeyId };

    /// <summary>Entries with only name and base, in the order of a walk. Null: the text is missing or damaged.</summary>
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
