using KairosBoot.Linux;

namespace KairosBoot.Lifecycle;

/// <summary>
/// The file-system label of an image that Kairos built. Kairos' own initrd finds the image of a slot by its label, so an image that moves
/// to another slot needs another label. kairos-boot does not use it.
/// </summary>
internal static class ImageLabel
{
    private const int Superblock = 1024, Label = Superblock + 0x78, LabelBytes = 16, ReadOnlyFeatures = Superblock + 0x64;
    private const int MetadataChecksums = 0x400; // fs/ext4/ext4.h

    /// <summary>Replaces the label of an ext2, ext3 or ext4 without checksums. Any other image is not changed.</summary>
    /// <param name="image">The file, on a writable partition. It may be mounted read-only.</param>
    /// <param name="from">The label to replace.</param>
    /// <param name="to">The new label, at most 16 ASCII characters.</param>
    internal static void Replace(string image, string from, string to)
    {
        using var file = Syscall.Open(image, OpenFlags.ReadWrite | OpenFlags.NoFollow | OpenFlags.NonBlocking);
        if (BlockProbe.Superblock(file) is not { MountType: "ext4" } found || found.Label != from) return;
        var features = new byte[4];
        if (Syscall.PRead(file, features, ReadOnlyFeatures) < features.Length) return;
        if ((BitConverter.ToInt32(features) & MetadataChecksums) != 0) return;
        var label = new byte[LabelBytes];
        System.Text.Encoding.ASCII.GetBytes(to, label);
        Syscall.PWriteAll(file, label, Label);
        Syscall.FDataSync(file);
    }
}
