namespace KairosBoot.CloudConfig;

/// <summary>Where a key works.</summary>
internal enum KeyPlace
{
    Everywhere,

    /// <summary>Only in the booted system, because it needs a network or a package manager. PID 1 does not contain its code.</summary>
    Booted,
}

/// <summary>A key of an entry that acts: one row of <see cref="EntryKeys.Actions"/>.</summary>
/// <param name="name">As written in a config.</param>
/// <param name="schema">Checks the value.</param>
/// <param name="apply">Gets a valid value. Reports a fault of one item and continues with the next.</param>
/// <param name="worksIn">Where the key works.</param>
internal sealed class StageKey(string name, Schema schema, Action<YamlNode, EntryRun> apply, KeyPlace worksIn = KeyPlace.Everywhere)
{
    internal string Name => name;
    internal Schema Schema => schema;
    internal Action<YamlNode, EntryRun> Apply => apply;
    internal KeyPlace WorksIn => worksIn;

    /// <summary>It changes nothing but files, which it writes with the <see cref="EntryRun.Memory"/>.</summary>
    internal bool OnlyWritesFiles { get; init; }

    /// <summary>The row of a booted key. KairosBoot.CloudConfig.Booted has its schema and its action.</summary>
    internal static StageKey Booted(string name) => new(name, Schema.Any,
        (value, run) => run.Fail(value.Line, name, "works only in the booted system; to fix: use kboot stage run"), KeyPlace.Booted);
}

/// <summary>A key of an entry that decides if the entry runs: one row of <see cref="EntryKeys.Conditions"/>.</summary>
/// <param name="name">As written in a config.</param>
/// <param name="schema">Checks the value.</param>
/// <param name="holds">False: the entry is skipped.</param>
internal sealed class ConditionKey(string name, Schema schema, Func<YamlNode, EntryRun, bool> holds)
{
    internal string Name => name;
    internal Schema Schema => schema;
    internal Func<YamlNode, EntryRun, bool> Holds => holds;
}
