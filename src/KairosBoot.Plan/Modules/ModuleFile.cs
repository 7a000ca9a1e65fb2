namespace KairosBoot.Plan;

/// <summary>One row of modules.dep.</summary>
/// <param name="Name">The kernel's name.</param>
/// <param name="Path">Relative to /lib/modules/RELEASE.</param>
/// <param name="Dependencies">Names of all modules that it needs, the nearest first: load them from last to first.</param>
public sealed record ModuleFile(string Name, string Path, IReadOnlyList<string> Dependencies);
