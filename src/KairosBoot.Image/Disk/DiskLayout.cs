using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Where what is on the disk. All in whole MiB, the first for the GPT, the last for its copy.</summary>
public sealed record DiskLayout(
    DiskPartition Bios, DiskPartition Esp, DiskPartition Oem, DiskPartition Recovery, DiskPartition State, IReadOnlyList<DiskPartition> Extra,
    DiskPartition Persistent, long Size)
{
    /// <summary>The number of COS_STATE on every disk: GRUB's programs have it inside.</summary>
    internal const int StateNumber = 5;

    internal const long MiB = 1 << 20;
    private const long BiosMiB = 1, EspMiB = 64, OemMiB = 64, MinOemMiB = 16, TableMiB = 1;

    // Room for data where nobody said how large the disk is to be; it may grow at any boot. Below the least, ext4 is all journal.
    private const long UsualPersistentMiB = 1024, MinPersistentMiB = 64;

    private static readonly PartitionType Linux = PartitionType.For("ext4", isBootable: false);

    /// <summary>In their order on the disk, which is that of their numbers.</summary>
    public IReadOnlyList<DiskPartition> Partitions => [Bios, Esp, Oem, Recovery, State, .. Extra, Persistent];

    /// <summary>What COS_OEM has at least, in bytes.</summary>
    public const long MinOem = MinOemMiB * MiB;

    /// <summary>What COS_PERSISTENT has at least, in bytes.</summary>
    public const long MinPersistent = MinPersistentMiB * MiB;

    /// <summary>What COS_RECOVERY has at least: an upgrade writes the new image beside the old one, and it may be a quarter larger.</summary>
    /// <param name="recoveryBytes">Size of the recovery image.</param>
    public static long MinRecovery(long recoveryBytes) => (2 * Roomy(recoveryBytes) + 32) * MiB;

    /// <summary>What COS_STATE has at least: for active, passive, and the image of an upgrade.</summary>
    /// <param name="imageBytes">Size of the OS image.</param>
    public static long MinState(long imageBytes) => (3 * Roomy(imageBytes) + 64) * MiB;

    /// <param name="imageBytes">Size of the OS image.</param>
    /// <param name="recoveryBytes">Size of the recovery image.</param>
    /// <param name="diskBytes">Size of the disk; null: what it takes.</param>
    /// <param name="sizes">What somebody wants otherwise.</param>
    /// <param name="diskName">What a message calls a disk that is too small: <c>--size</c>.</param>
    /// <exception cref="OperatorException">The disk, or a partition, is too small for these images.</exception>
    public static DiskLayout Plan(long imageBytes, long recoveryBytes, long? diskBytes, DiskSizes sizes, string diskName)
    {
        var oem = Wanted("COS_OEM", sizes.Oem, OemMiB, MinOemMiB, "an ext4 with a journal");
        var recovery = Wanted("COS_RECOVERY", sizes.Recovery, MinRecovery(recoveryBytes) / MiB, MinRecovery(recoveryBytes) / MiB, "the image and an upgrade of it");
        var state = Wanted("COS_STATE", sizes.State, MinState(imageBytes) / MiB, MinState(imageBytes) / MiB, "active, passive and the image of an upgrade");
        var persistent = Wanted("COS_PERSISTENT", sizes.Persistent, MinPersistentMiB, MinPersistentMiB, "an ext4 with a journal");
        ExtraPartitionCheck.Check(sizes.Extra);
        var before = TableMiB + BiosMiB + EspMiB + oem + recovery + state + sizes.Extra.Sum(extra => InMiB(extra.SizeBytes));
        var least = (before + persistent + TableMiB) * MiB;
        if (diskBytes < least)
        {
            throw new OperatorException(
                $"{diskName} {ByteSize.Text(diskBytes.Value)} is too small: these images and their upgrades need {ByteSize.Text(least)}",
                diskName == "--size" ? "give a larger --size, or omit it" : "use a larger disk, or smaller images and partitions");
        }

        var total = diskBytes / MiB ?? before + Math.Max(persistent, sizes.Persistent is null ? UsualPersistentMiB : 0) + TableMiB;
        var start = TableMiB;
        var number = 0;
        DiskPartition Next(string name, PartitionType type, string fileSystem, long size)
        {
            var partition = new DiskPartition(++number, name, type, fileSystem, start * MiB, size * MiB);
            start += size;
            return partition;
        }

        return new DiskLayout(
            Next("bios", PartitionType.For("none", isBootable: true), "none", BiosMiB),
            Next("COS_GRUB", PartitionType.For("vfat", isBootable: true), "vfat", EspMiB),
            Next("COS_OEM", Linux, "ext4", oem),
            Next("COS_RECOVERY", Linux, "ext4", recovery),
            Next("COS_STATE", Linux, "ext4", state),
            sizes.Extra.Select(extra => Next(extra.Name, Linux, extra.FileSystem, InMiB(extra.SizeBytes))).ToList(),
            Next("COS_PERSISTENT", Linux, "ext4", sizes.Persistent is null ? total - before - TableMiB : persistent),
            total * MiB);
    }

    private static long Wanted(string name, long? bytes, long usual, long least, string purpose) =>
        bytes is null ? usual : InMiB(bytes.Value) is var wanted && wanted >= least ? wanted : throw new OperatorException(
            $"{ByteSize.Text(bytes.Value)} is too small for {name}: {purpose} need {ByteSize.Text(least * MiB)}", "give a larger size, or omit it");

    private static long InMiB(long bytes) => (bytes + MiB - 1) / MiB;

    private static long Roomy(long bytes) => InMiB(bytes + bytes / 4);
}
