namespace KairosBoot.Image;

/// <summary>The input of an image build.</summary>
/// <param name="Root">A tree, or null.</param>
/// <param name="Tar">A container export, or null.</param>
/// <param name="Format">The image's file system.</param>
/// <param name="SizeBytes">Size of an ext4 image; null: as large as the content needs.</param>
/// <param name="Kernel">Kernel release, if the tree has more than one.</param>
/// <param name="Modules">Modules of the initrd, if the tree has no initrd.</param>
/// <param name="Init">Path of the initrd's init; null: search for it.</param>
/// <param name="KBoot">Path of kboot, for a tree without it; null: such a tree gets no units.</param>
public sealed record ImageRequest(string? Root, string? Tar, ImageFormat Format, long? SizeBytes, string? Kernel, string Modules,
    string? Init, string? KBoot = null)
{
    /// <inheritdoc cref="InitrdRequest.UnpacksKernel"/>
    public bool UnpacksKernel { get; init; }

    /// <summary>Directory with GRUB's modules, from which the image gets GRUB; null: that of this host, if it exists.</summary>
    public string? Grub { get; init; }

    /// <summary>Of the initrd, if the tree has no initrd.</summary>
    public InitrdCompression Compression { get; init; }

    /// <summary>Allocates the space before anything is written, if the size is known.</summary>
    public bool Allocate { get; init; }

    /// <summary>The image gets the mark with which kairos-boot marks its boots good when it starts init.</summary>
    public bool WithoutAssessment { get; init; }
}
