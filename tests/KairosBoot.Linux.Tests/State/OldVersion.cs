using System.Globalization;
using System.Text;
using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>
/// How a version before the keyed signatures reads and writes a manifest: with SHA-256, and any word as the identity of an image.
/// </summary>
internal static class OldVersion
{
    /// <summary>A reader that also computes signatures with SHA-256.</summary>
    public static SignatureReader Reader()
    {
        var reader = new SignatureReader(new SignatureKey(new byte[16]));
        reader.Digest.WithFormer = true;
        return reader;
    }

    /// <summary>Replaces the manifest by the one that an old version would have written for the same state.</summary>
    public static void Write(StateMachine machine, string image)
    {
        File.Delete(machine.Key);
        var section = ManifestSection.Of(machine.Image, "etc.bind", image, Scan(machine.Image), meanwhile: false);
        List<ManifestSection> sections = [section];
        File.WriteAllBytes(machine.Manifest, [.. PersistentManifest.Head(sections), .. section.Text!]);
    }

    /// <summary>What an old version with an image would do with the present manifest and store.</summary>
    public static MergePlan Merge(StateMachine machine, string image, out bool isKnown)
    {
        var bytes = File.ReadAllBytes(machine.Manifest);
        var (path, store, known, text) = Assert.Single(Parse(bytes));
        Assert.Equal((machine.Image, "etc.bind"), (path, store));
        isKnown = known == image;
        // The lines of a section are unchanged.
        var section = new ManifestSection(path, store, known) { Length = text.Length, Digest = "", Text = text };
        var entries = MergeTree.Join(section.Entries()!, Scan(machine.Image));
        var stored = Scan(machine.Store).ToDictionary(entry => entry.Name);
        foreach (var entry in entries)
        {
            if (!stored.TryGetValue(entry.Name, out var found)) continue;
            entry.Store = found.Image;
            entry.ChildCount = entries.Count(other => other.Parent == entry && stored.ContainsKey(other.Name));
            entry.HoldsMore = stored.Keys.Count(name => name.Length > 0 && PathParts.ParentOf(name) == entry.Name) > entry.ChildCount;
        }
        return MergePlan.Decide(entries);
    }

    private static List<MergeEntry> Scan(string root)
    {
        using var directory = Syscall.Open(root, OpenFlags.ReadOnly | OpenFlags.Directory);
        return new PersistentScan(Reader()).OfImage(directory)
            .ConvertAll(entry => new MergeEntry(entry.Name) { Image = entry.Former!.Image });
    }

    // The parser of version 1 as it was released, with the checks of both digests.
    private static List<(string Path, string Store, string Image, byte[] Text)> Parse(byte[] bytes)
    {
        const int FirstLine = 17 + 2 + 8 + 1 + 32 + 1;
        static string HalfDigest(ReadOnlySpan<byte> part) => Convert.ToHexStringLower(Sha256.Hash(part).AsSpan(0, 16));
        var line = Encoding.UTF8.GetString(bytes.AsSpan(0, FirstLine));
        Assert.StartsWith("kairosboot-state 1 ", line, StringComparison.Ordinal);
        Assert.True(line[27] == ' ' && line[^1] == '\n');
        var length = int.Parse(line.AsSpan(19, 8), NumberStyles.None, CultureInfo.InvariantCulture);
        Assert.Equal(line[(FirstLine - 33)..(FirstLine - 1)], HalfDigest(bytes.AsSpan(FirstLine, length - FirstLine)));
        var sections = new List<(string, string, string, byte[])>();
        var at = length;
        var rows = Encoding.UTF8.GetString(bytes.AsSpan(FirstLine, length - FirstLine));
        foreach (var row in rows.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = row.Split('\t');
            Assert.Equal(5, words.Length);
            var size = int.Parse(words[3], NumberStyles.None, CultureInfo.InvariantCulture);
            Assert.Equal(words[4], HalfDigest(bytes.AsSpan(at, size)));
            sections.Add((words[0], words[1], words[2], bytes[at..(at + size)]));
            at += size;
        }
        Assert.Equal(bytes.Length, at);
        return sections;
    }
}
