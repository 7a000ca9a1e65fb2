using System.Text;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>Values of secrets that were found in one place, to replace them in all others: a stage may have printed them.</summary>
internal sealed class KnownSecrets
{
    internal const string Replacement = "(redacted)";

    // A shorter value is also a part of much that is no secret.
    private const int MinLength = 6, MaxValues = 2000;

    // Words of the programs' own output: a default password must not remove them.
    private static readonly string[] Usual =
        ["active", "passive", "recovery", "kairos", "kairos-boot", "kernel", "initrd", "rootfs", "initramfs", "default", "system"];

    // The longest first: a shorter one may be a part of it.
    private readonly SortedSet<string> values = new(Comparer<string>.Create((a, b) =>
        a.Length != b.Length ? b.Length.CompareTo(a.Length) : string.CompareOrdinal(a, b)));

    internal void Add(string value)
    {
        foreach (var line in value.Split('\n', StringSplitOptions.TrimEntries))
        {
            if (line.Length < MinLength || line.Contains(Replacement, StringComparison.Ordinal) || Usual.Contains(line)) continue;
            if (values.Count >= MaxValues) return;
            // As configs, headers and URLs carry it.
            values.Add(line);
            values.Add(Uri.EscapeDataString(line));
            values.Add(Convert.ToBase64String(Encoding.UTF8.GetBytes(line)).TrimEnd('='));
        }
    }

    /// <summary>The text without the values. A value inside a longer word is another word.</summary>
    internal string Remove(string text)
    {
        foreach (var value in values)
            if (text.Contains(value, StringComparison.Ordinal)) text = Remove(text, value);
        return text;
    }

    private static string Remove(string text, string value)
    {
        var result = new StringBuilder(text.Length);
        var from = 0;
        for (int at; (at = text.IndexOf(value, from, StringComparison.Ordinal)) >= 0; from = at + value.Length)
        {
            result.Append(text, from, at - from);
            var isWord = value.Length >= 2 * MinLength || (IsEdge(text, at - 1) && IsEdge(text, at + value.Length));
            result.Append(isWord ? Replacement : value);
        }

        return result.Append(text, from, text.Length - from).ToString();
    }

    private static bool IsEdge(string text, int at) => at < 0 || at >= text.Length || !(char.IsLetterOrDigit(text[at]) || text[at] == '_');
}
