namespace KairosBoot.CloudConfig;

/// <summary>
/// A key that needs a network, or a package manager in a system that runs. In the stages of the initrd it says so, and the rest of the
/// entry runs: an entry that is written for every stage is no mistake.
/// </summary>
internal static class LaterKey
{
    internal static StageKey Row(string name) => new(name, Shape.Any, (value, run) =>
    {
        if (run.IsInInitrd) run.Warn(value.Line, name, "not in this stage: runs in the booted system, from an entry of a stage such as boot or network");
        else run.Fail(value.Line, name, UnsupportedKey.Reason);
    });
}
