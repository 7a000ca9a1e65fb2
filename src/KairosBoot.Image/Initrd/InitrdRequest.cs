namespace KairosBoot.Image;

/// <summary>What to pack.</summary>
/// <param name="Root">Tree with a kernel in it.</param>
/// <param name="Kernel">Release, where the tree has several.</param>
/// <param name="Modules">Sets and module names, separated by commas.</param>
/// <param name="Compress">zstd or not at all.</param>
/// <param name="Init">Path of kairos-boot; null: it is looked for.</param>
public sealed record InitrdRequest(string Root, string? Kernel, string Modules, bool Compress, string? Init)
{
    public const string DefaultModules = "generic";
}
