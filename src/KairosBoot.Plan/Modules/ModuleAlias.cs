namespace KairosBoot.Plan;

/// <summary>One row of modules.alias: a pattern, or another name, and its module.</summary>
public readonly record struct ModuleAlias(string Pattern, string Module);
