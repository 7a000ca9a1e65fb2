namespace KairosBoot.CloudConfig;

/// <summary>The header of a document with cloud-init keys: a line that is exactly <c>#cloud-config</c>.</summary>
internal static class CloudConfigHeader
{
    private const string Header = "#cloud-config";
    private const int MaxLines = 9, MaxSearch = 100;

    // The top-level keys that only a document with the header has.
    private static readonly string[] Keys =
        ["users", "ssh_authorized_keys", "runcmd", "hostname", "write_files", "milpa_files", "growpart"];

    internal static bool IsKey(string name) => Array.IndexOf(Keys, name) >= 0;

    /// <summary>True: the document has a key that becomes an entry.</summary>
    internal static bool HasKey(YamlMapping root)
    {
        foreach (var key in Keys)
            if (root.Find(key) is not null) return true;
        return false;
    }

    /// <summary>The first line that is neither blank nor another comment must be exactly the header.</summary>
    internal static bool IsIn(string text)
    {
        var from = 0;
        for (var line = 0; line < MaxLines && from <= text.Length; line++)
        {
            var content = Line(text, ref from).TrimEnd();
            if (content.SequenceEqual(Header)) return true;
            if (!content.IsEmpty && content[0] != '#') return false;
        }
        return false;
    }

    /// <summary>Reports the cloud-init keys of a document without the header, and why it does not have the header.</summary>
    internal static void CheckMissing(string text, YamlMapping root, Finding report)
    {
        var keys = new List<string>();
        var first = 0;
        foreach (var (key, _) in root.Pairs)
        {
            if (!IsKey(key.Text)) continue;
            if (keys.Count == 0) first = key.Line;
            keys.Add(key.Text);
        }
        if (keys.Count == 0) return;
        var (line, reason) = FindSimilar(text) ?? (first, $"the first line of the file is not {Header}");
        report(line, "", $"no effect: {string.Join(", ", keys)}: {reason}", isWarning: true);
    }

    private static (int Line, string Reason)? FindSimilar(string text)
    {
        var from = 0;
        for (var line = 1; line <= MaxSearch && from <= text.Length; line++)
        {
            var content = Line(text, ref from);
            if (content.TrimEnd().SequenceEqual(Header))
                return (line, $"{Header} is in line {line.ToString()}, but must be above everything except comments");
            var word = content.Trim().TrimStart("# \t");
            if (word.StartsWith("cloud-config", StringComparison.OrdinalIgnoreCase)
                || word.StartsWith("cloud_config", StringComparison.OrdinalIgnoreCase))
            {
                return (line, $"line {line.ToString()} must be exactly {Header}");
            }
        }
        return null;
    }

    private static ReadOnlySpan<char> Line(string text, ref int from)
    {
        var end = text.IndexOf('\n', from) is var found and >= 0 ? found : text.Length;
        var content = text.AsSpan(from, end - from);
        from = end + 1;
        return content;
    }
}
