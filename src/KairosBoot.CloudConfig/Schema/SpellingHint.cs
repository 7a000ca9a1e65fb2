namespace KairosBoot.CloudConfig;

/// <summary>Finds the known name that a misspelt name probably means.</summary>
public static class SpellingHint
{
    /// <summary><c>not a known key; did you mean permissions?</c></summary>
    internal static string Suggest(string name, IEnumerable<string> known) =>
        Find(name, known) is { } nearest ? $"not a known key: did you mean {nearest}?" : "not a known key";

    /// <summary>The nearest name; null: none within a third of the letters. Letter case does not count.</summary>
    public static string? Find(string name, IEnumerable<string> known)
    {
        const int MaxNameLength = 40;
        if (name.Length > MaxNameLength) return null;
        string? nearest = null;
        var best = Math.Max(1, name.Length / 3) + 1;
        foreach (var candidate in known)
        {
            var distance = Distance(name.ToLowerInvariant(), candidate);
            if (distance < best) (best, nearest) = (distance, candidate);
        }
        return nearest;
    }

    /// <summary>Optimal string alignment: insertions, deletions, replacements, swaps of neighbours.</summary>
    internal static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                d[i, j] = Math.Min(replace, Math.Min(d[i - 1, j], d[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[a.Length, b.Length];
    }
}
