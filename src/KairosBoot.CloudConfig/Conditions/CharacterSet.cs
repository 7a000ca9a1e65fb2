namespace KairosBoot.CloudConfig;

/// <summary>Ranges of characters, or all other characters.</summary>
internal sealed class CharacterSet
{
    private readonly List<(char First, char Last)> ranges = [];

    internal bool Negated { get; set; }

    internal static CharacterSet Of(char c) => new CharacterSet().Add(c, c);

    internal static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';

    internal CharacterSet Add(char first, char last)
    {
        ranges.Add((first, last));
        return this;
    }

    /// <summary>Adds the class of <c>\d \w \s</c> or their opposites. False: no such class.</summary>
    internal bool AddClass(char name)
    {
        (char, char)[] members = char.ToLowerInvariant(name) switch
        {
            'd' => [('0', '9')],
            'w' => [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
            's' => [('\t', '\n'), ('\f', '\r'), (' ', ' ')],
            _ => [],
        };
        if (members.Length == 0) return false;
        if (char.IsAsciiLetterLower(name)) ranges.AddRange(members);
        else AddAllBut(members);
        return true;
    }

    /// <summary>Adds the class of <c>[:name:]</c>. False: no such class.</summary>
    internal bool AddNamed(string name)
    {
        switch (name)
        {
            case "digit": return AddClass('d');
            case "space": return AddClass('s');
            case "alpha": Add('A', 'Z').Add('a', 'z'); return true;
            case "alnum": Add('0', '9').Add('A', 'Z').Add('a', 'z'); return true;
            case "upper": Add('A', 'Z'); return true;
            case "lower": Add('a', 'z'); return true;
            default: return false;
        }
    }

    private void AddAllBut((char First, char Last)[] sorted)
    {
        var from = char.MinValue;
        foreach (var (first, last) in sorted)
        {
            if (first > from) Add(from, (char)(first - 1));
            from = (char)(last + 1);
        }
        Add(from, char.MaxValue);
    }

    internal bool Contains(char c)
    {
        foreach (var (first, last) in ranges)
            if (c >= first && c <= last) return !Negated;
        return Negated;
    }
}
