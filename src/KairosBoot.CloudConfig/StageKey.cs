namespace KairosBoot.CloudConfig;

/// <summary>A key of an entry that does something.</summary>
/// <param name="Name">As written in a config.</param>
/// <param name="Schema">What its value must look like.</param>
/// <param name="Apply">Does it. Gets a value that has the shape; reports what fails item by item and goes on.</param>
internal sealed record StageKey(string Name, Schema Schema, Action<YamlNode, EntryRun> Apply);

/// <summary>A key of an entry that decides whether the entry runs.</summary>
/// <param name="Name">As written in a config.</param>
/// <param name="Schema">What its value must look like.</param>
/// <param name="Holds">False: the entry is skipped.</param>
internal sealed record ConditionKey(string Name, Schema Schema, Func<YamlNode, EntryRun, bool> Holds);
