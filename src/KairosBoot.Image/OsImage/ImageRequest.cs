namespace KairosBoot.Image;

/// <summary>What to make an image of.</summary>
/// <param name="Root">A tree, or null.</param>
/// <param name="Tar">A container export, or null.</param>
/// <param name="Format">The image's file system.</param>
/// <param name="SizeBytes">Null: as large as the content needs. Of meaning for ext4 only.</param>
/// <param name="Kernel">Release, where the tree has several.</param>
/// <param name="Modules">For the initrd, where the tree has none.</param>
/// <param name="Init">The initrd's init; null: where it usually is.</param>
/// <param name="KBoot">The program for the units of a tree that has it not; null: such a tree gets no units.</param>
public sealed record ImageRequest(string? Root, string? Tar, ImageFormat Format, long? SizeBytes, string? Kernel, string Modules, string? Init, string? KBoot = null)
{
    /// <summary>Room is set aside before anything is written, where the size is known then.</summary>
    public bool Allocate { get; init; }
}
