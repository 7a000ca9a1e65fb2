namespace KairosBoot.CloudConfig;

/// <summary>
/// A key that needs a network, or a package manager in a system that runs. In the stages of the initrd it says so, and the rest of the
/// entry runs: an entry that is written for every stage is no mistake.
/// </summary>
internal static class BootedOnlyKey
{
    /// <summary>Where nothing can do it.</summary>
    internal static StageKey Definition(string name) => Of(new(name, Schema.Any, (value, run) => run.Fail(value.Line, name, "needs the booted system: kboot stage run")));

    /// <summary>Where a booted system does it.</summary>
    internal static StageKey Of(StageKey key) => new(key.Name, key.Schema, (value, run) =>
    {
        if (run.IsInInitrd) run.Warn(value.Line, key.Name, "not in this stage: runs in the booted system, from an entry of a stage such as boot or network");
        else key.Apply(value, run);
    });
}
