namespace KairosBoot.CloudConfig;

/// <summary><c>only_*</c>: patterns for properties of the running root. A missing property matches no pattern.</summary>
internal static class OnlyConditions
{
    internal static readonly ConditionKey Os = new("only_os", Schema.Text, (value, run) =>
        StageFacts.OsRelease("PRETTY_NAME") is { Length: > 0 } name && NodeCondition.Matches(value, name, "only_os", run));

    internal static readonly ConditionKey OsVersion = new("only_os_version", Schema.Text, (value, run) =>
        StageFacts.OsRelease("VERSION_ID") is { Length: > 0 } version && NodeCondition.Matches(value, version, "only_os_version", run));

    internal static readonly ConditionKey Architecture = new("only_arch", Schema.Text, (value, run) =>
        NodeCondition.Matches(value, run.Facts.Architecture, "only_arch", run));

    /// <summary>A root with both service managers or none matches no value.</summary>
    internal static readonly ConditionKey ServiceManager = new("only_service_manager", Schema.Text, (value, _) =>
        string.Equals(((YamlScalar)value).Text, StageFacts.ServiceManager(), StringComparison.OrdinalIgnoreCase));
}
