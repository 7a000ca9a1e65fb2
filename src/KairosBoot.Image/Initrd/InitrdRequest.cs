namespace KairosBoot.Image;

/// <summary>The input of an initrd build.</summary>
/// <param name="Root">Tree with a kernel.</param>
/// <param name="Kernel">Kernel release, if the tree has more than one.</param>
/// <param name="Modules">Sets and module names, separated by commas.</param>
/// <param name="Compression">Of the archive.</param>
/// <param name="Init">Path of kairos-boot; null: search for it.</param>
public sealed record InitrdRequest(string Root, string? Kernel, string Modules, InitrdCompression Compression, string? Init)
{
    public const string DefaultModules = "generic";

    /// <summary>Path of a static shell to pack for kairosboot.shell=always; null: none.</summary>
    public string? DebugShell { get; init; }

    /// <summary>The kernel's configuration may be searched in the kernel. Unpacking it needs more memory than a small node has.</summary>
    public bool UnpacksKernel { get; init; }
}
