namespace KairosBoot.Plan;

/// <summary>
/// One row of modules.softdep: modules that should be loaded before and after a module but are not required. Names may be aliases
/// (crypto-crc32c).
/// </summary>
public sealed record SoftDependency(string Module, IReadOnlyList<string> Before, IReadOnlyList<string> After);
