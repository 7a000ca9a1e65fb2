namespace KairosBoot.CloudConfig;

/// <summary><c>node</c>: a pattern that the host name must match.</summary>
internal static class NodeCondition
{
    internal static readonly ConditionKey Definition = new("node", Schema.Text, (value, run) => Matches(value, run.Facts.HostName, "node", run));

    /// <summary>An invalid pattern is reported and skips the entry.</summary>
    internal static bool Matches(YamlNode pattern, string text, string key, EntryRun run)
    {
        try { return Pattern.Parse(((YamlScalar)pattern).Text).IsMatch(text); }
        catch (FormatException e)
        {
            run.Fail(pattern.Line, key, $"invalid pattern: {e.Message}");
            return false;
        }
    }
}
