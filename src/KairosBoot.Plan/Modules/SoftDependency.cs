namespace KairosBoot.Plan;

/// <summary>
/// One row of modules.softdep: what a module wants loaded before and after it, without being unable to do without.
/// Names may be aliases (crypto-crc32c).
/// </summary>
public sealed record SoftDependency(string Module, IReadOnlyList<string> Before, IReadOnlyList<string> After);
