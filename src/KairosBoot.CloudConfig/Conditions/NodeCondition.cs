namespace KairosBoot.CloudConfig;

/// <summary><c>node</c>: a pattern the host name must match.</summary>
internal static class NodeCondition
{
    internal static readonly ConditionKey Definition = new("node", Schema.Text, (value, run) => Matches(value, run.Facts.HostName, "node", run));

    /// <summary>A pattern that cannot be read skips the entry, and says so.</summary>
    internal static bool Matches(YamlNode pattern, string text, string key, EntryRun run)
    {
        try { return Pattern.Parse(((YamlScalar)pattern).Text).IsMatch(text); }
        catch (FormatException e)
        {
            run.Fail(pattern.Line, key, $"not a pattern: {e.Message}");
            return false;
        }
    }
}
