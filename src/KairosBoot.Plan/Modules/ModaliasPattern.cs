namespace KairosBoot.Plan;

/// <summary>
/// Patterns of modules.alias, matched as fnmatch(3) without flags does: <c>*</c>, <c>?</c>, <c>[a-z]</c>, <c>[!a]</c>.
/// '-' and '_' are the same outside brackets, as for modprobe.
/// </summary>
public static class ModaliasPattern
{
    /// <summary>Whether the whole text matches the whole pattern. Allocates nothing.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        int p = 0, t = 0, starPattern = -1, starText = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                starPattern = ++p;
                starText = t;
            }
            else if (p < pattern.Length && MatchOne(pattern, ref p, text[t]))
            {
                t++;
            }
            else if (starPattern >= 0)
            {
                p = starPattern;
                t = ++starText;
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].TrimStart('*').IsEmpty;
    }

    private static bool MatchOne(ReadOnlySpan<char> pattern, ref int p, char c)
    {
        if (pattern[p] == '[' && pattern[p..].IndexOf(']') is var length and > 1)
        {
            var set = pattern.Slice(p + 1, length - 1);
            p += length + 1;
            return InSet(set, c);
        }

        var expected = pattern[p++];
        return expected == '?' || Fold(expected) == Fold(c);
    }

    private static bool InSet(ReadOnlySpan<char> set, char c)
    {
        var negated = set[0] is '!' or '^';
        if (negated) set = set[1..];
        for (var i = 0; i < set.Length; i++)
        {
            var last = i + 2 < set.Length && set[i + 1] == '-' ? set[i + 2] : set[i];
            if (c >= set[i] && c <= last) return !negated;
            i += last == set[i] ? 0 : 2;
        }

        return negated;
    }

    private static char Fold(char c) => c == '-' ? '_' : c;
}
