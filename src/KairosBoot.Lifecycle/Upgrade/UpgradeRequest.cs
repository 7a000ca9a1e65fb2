using KairosBoot.Image;

namespace KairosBoot.Lifecycle;

/// <summary>The source of a new image; exactly one source is set.</summary>
/// <param name="Image">A finished image.</param>
/// <param name="Root">A tree, without the file systems mounted in it.</param>
/// <param name="Tar">A container export.</param>
/// <param name="Oci">An OCI layout, or an image in a registry, as skopeo names it.</param>
/// <param name="IsRecovery">The image is for recovery instead of active.</param>
/// <param name="KBoot">As <see cref="ImageRequest.KBoot"/>.</param>
public sealed record UpgradeRequest(string? Image, string? Root, string? Tar, string? Oci, bool IsRecovery, string? KBoot)
{
    /// <summary>kairos-boot marks the boots of the image good when it starts init.</summary>
    public bool WithoutAssessment { get; init; }

    internal ImageFormat Format => IsRecovery ? ImageFormat.Squashfs : ImageFormat.Ext4;
}
