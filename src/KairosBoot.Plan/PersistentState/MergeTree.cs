namespace KairosBoot.Plan;

/// <summary>Lists of entries in the order of a walk: a directory, then everything in it, then the next name.</summary>
public static class MergeTree
{
    /// <summary>Compares two names in that order; a slash sorts before all other characters.</summary>
    public static int Compare(string a, string b)
    {
        var length = Math.Min(a.Length, b.Length);
        for (var i = 0; i < length; i++)
            if (a[i] != b[i]) return (a[i] == '/' ? 0 : a[i]) - (b[i] == '/' ? 0 : b[i]);
        return a.Length - b.Length;
    }

    /// <summary>Joins what was seeded and what the image has into one list, each entry with its parent.</summary>
    /// <param name="seeded">
    /// From the manifest. Null: the store is not in it, or it is unreliable; then the image's files and missing files count as seeded,
    /// and all others as the user's.
    /// </param>
    /// <param name="image">From a walk through the image.</param>
    public static List<MergeEntry> Join(List<MergeEntry>? seeded, List<MergeEntry> image)
    {
        var joined = new List<MergeEntry>(image.Count);
        var next = 0;
        foreach (var entry in image)
        {
            if (seeded is null)
            {
                entry.Base = [EntrySignature.Absent, entry.Image];
            }
            else
            {
                for (; next < seeded.Count && Compare(seeded[next].Name, entry.Name) < 0; next++) joined.Add(seeded[next]);
                if (next < seeded.Count && seeded[next].Name == entry.Name) entry.Base = seeded[next++].Base;
            }
            joined.Add(entry);
        }
        for (; next < seeded?.Count; next++) joined.Add(seeded[next]);
        FindParents(joined);
        return joined;
    }

    private static void FindParents(List<MergeEntry> entries)
    {
        var above = new List<MergeEntry>();
        foreach (var entry in entries)
        {
            var parent = PathParts.ParentOf(entry.Name);
            while (above.Count > 0 && above[^1].Name != parent && !IsBelow(parent, above[^1].Name)) above.RemoveAt(above.Count - 1);
            if (above.Count > 0 && above[^1].Name == parent && entry.Name.Length > 0) entry.Parent = above[^1];
            above.Add(entry);
        }
    }

    private static bool IsBelow(string name, string directory) =>
        directory.Length == 0
            || (name.Length > directory.Length && name[directory.Length] == '/' && name.StartsWith(directory, StringComparison.Ordinal));
}
