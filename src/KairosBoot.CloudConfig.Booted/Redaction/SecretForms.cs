namespace KairosBoot.CloudConfig.Booted;

/// <summary>Secrets that can be seen by their form, without a name before them.</summary>
internal static class SecretForms
{
    private const string Authority = "://";

    // What the tokens of services start with, and how long one is at least.
    private static readonly (string Start, int MinLength, string Service)[] Tokens =
    [
        ("ghp_", 20, "GitHub"), ("gho_", 20, "GitHub"), ("ghs_", 20, "GitHub"), ("ghu_", 20, "GitHub"), ("github_pat_", 20, "GitHub"),
        ("glpat-", 16, "GitLab"), ("xoxb-", 16, "Slack"), ("xoxp-", 16, "Slack"), ("hvs.", 16, "Vault"), ("dckr_pat_", 16, "Docker"),
        ("AGE-SECRET-KEY-", 20, "age"), ("K10", 40, "k3s and rke2"), ("eyJ", 30, "JSON Web Token"), ("sk-", 24, "API keys"),
    ];

    private static readonly string[] Schemes = ["bearer", "basic"], LoginOptions = ["-u", "--user", "--proxy-user"];

    /// <summary>Length of the secret that begins here; 0: none does.</summary>
    internal static int LengthAt(string line, int at)
    {
        if (line[at] == '$') return HashLength(line.AsSpan(at));
        if (at >= Authority.Length && line.AsSpan(at - Authority.Length).StartsWith(Authority)) return UserInfoLength(line.AsSpan(at));
        if (at > 0 && (char.IsLetterOrDigit(line[at - 1]) || line[at - 1] is '_' or '-')) return 0;
        foreach (var (start, minLength, _) in Tokens)
        {
            if (!line.AsSpan(at).StartsWith(start)) continue;
            var end = at;
            while (end < line.Length && IsOfToken(line[end])) end++;
            if (end - at >= minLength) return end - at;
        }

        return 0;
    }

    internal static bool IsScheme(ReadOnlySpan<char> word)
    {
        foreach (var scheme in Schemes)
            if (word.Equals(scheme, StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }

    internal static bool IsLoginOption(ReadOnlySpan<char> word)
    {
        foreach (var option in LoginOptions)
            if (word.SequenceEqual(option)) return true;
        return false;
    }

    /// <summary>False for a word of a sentence.</summary>
    internal static bool LooksRandom(ReadOnlySpan<char> word) =>
        word.Length >= 6 && (word.Length >= 20 || word.ContainsAnyInRange('0', '9') || word.Contains('='));

    /// <summary>crypt(5): <c>$6$salt$hash</c>.</summary>
    private static int HashLength(ReadOnlySpan<char> text)
    {
        const int MaxId = 10, MinHash = 12;
        var id = text[1..Math.Min(text.Length, MaxId + 2)].IndexOf('$');
        if (id < 1) return 0;
        foreach (var c in text.Slice(1, id))
            if (!char.IsAsciiLetterOrDigit(c) && c != '-') return 0;
        var end = id + 2;
        while (end < text.Length && (IsOfToken(text[end]) || text[end] is '$' or ',')) end++;
        return end - id - 2 >= MinHash ? end : 0;
    }

    private static bool IsOfToken(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or ':' or '+' or '/' or '=';

    /// <summary>USER:PASSWORD in a URL, without the @ after it. Also a password with a slash, which makes the URL invalid.</summary>
    private static int UserInfoLength(ReadOnlySpan<char> text)
    {
        const int MaxUrl = 4096;
        if (text.Length > MaxUrl) text = text[..MaxUrl];
        var end = text.IndexOfAny(" \t\"'<>");
        if (end >= 0) text = text[..end];
        var slash = text.IndexOfAny("/?#");
        var authority = slash < 0 ? text : text[..slash];
        if (authority.LastIndexOf('@') is > 0 and var at) return at;
        var colon = authority.IndexOf(':');
        var hasPort = colon < 0 || (colon + 1 < authority.Length && !authority[(colon + 1)..].ContainsAnyExceptInRange('0', '9'));
        return hasPort ? 0 : Math.Max(0, text.LastIndexOf('@'));
    }
}
