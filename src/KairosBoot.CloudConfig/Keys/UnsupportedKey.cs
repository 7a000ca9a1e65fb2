namespace KairosBoot.CloudConfig;

/// <summary>A key of the schema that this version knows by name only: it says so where it is used, and the rest of the entry runs.</summary>
internal static class UnsupportedKey
{
    internal const string Reason = "not supported in this version";

    internal static StageKey Row(string name) => new(name, Shape.Any, (value, run) => run.Fail(value.Line, name, Reason));
}
