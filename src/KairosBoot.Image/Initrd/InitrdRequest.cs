namespace KairosBoot.Image;

/// <summary>The input of an initrd build.</summary>
/// <param name="Root">Tree with a kernel.</param>
/// <param name="Kernel">Kernel release, if the tree has more than one.</param>
/// <param name="Modules">Sets and module names, separated by commas.</param>
/// <param name="Compress">Whether to compress with zstd.</param>
/// <param name="Init">Path of kairos-boot; null: search for it.</param>
public sealed record InitrdRequest(string Root, string? Kernel, string Modules, bool Compress, string? Init)
{
    public const string DefaultModules = "generic";
}
