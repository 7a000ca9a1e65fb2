namespace KairosBoot.CloudConfig;

/// <summary>How to create a file system with the programs of the image.</summary>
/// <param name="programs">The first installed one is used. Empty: no file system.</param>
/// <param name="options">Options that avoid questions.</param>
/// <param name="labelOption">Option before the label.</param>
/// <param name="maxLabelLength">In bytes.</param>
internal sealed class MakeFileSystem(string[] programs, string[] options, string labelOption, int maxLabelLength)
{
    internal const string Default = "ext2", Names = "ext2, ext3, ext4, xfs, btrfs, fat, vfat, fat16, fat32, swap or none";

    private static readonly string[] Fat = ["mkfs.fat", "mkfs.vfat"];

    internal string[] Programs => programs;
    internal int MaxLabelLength => maxLabelLength;

    internal static MakeFileSystem? Find(string name) => name switch
    {
        "ext2" or "ext3" or "ext4" => new(["mkfs." + name], ["-F", "-q"], "-L", 16),
        "xfs" => new(["mkfs.xfs"], ["-f", "-q"], "-L", 12),
        "btrfs" => new(["mkfs.btrfs"], ["-f", "-q"], "-L", 255),
        "fat" or "vfat" => new(Fat, [], "-n", 11),
        "fat16" => new(Fat, ["-F", "16"], "-n", 11),
        "fat32" => new(Fat, ["-F", "32"], "-n", 11),
        "swap" => new(["mkswap"], [], "-L", 16),
        "none" or "noformat" or "-" => new([], [], "", 0),
        _ => null,
    };

    internal string[] Arguments(string node, string label) => label.Length == 0 ? [.. options, node] : [.. options, labelOption, label, node];
}
