using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Partition numbers, offsets and sizes. All in whole MiB; the first is for the GPT, the last for its copy.</summary>
public sealed record DiskLayout(
    DiskPartition Bios, DiskPartition Esp, DiskPartition Oem, DiskPartition Recovery, DiskPartition State,
    IReadOnlyList<DiskPartition> Extra,
    DiskPartition Persistent, long Size)
{
    /// <summary>The number of COS_STATE, the same on every disk because it is compiled into GRUB's programs.</summary>
    internal const int StateNumber = 5;
    internal const string EspName = "COS_GRUB";

    internal const long MiB = 1 << 20;
    private const long BiosMiB = 1, EspMiB = 64, OemMiB = 64, MinOemMiB = 16, TableMiB = 1;

    // Default space for data if no disk size is given; the partition may grow at any boot. Below the minimum, the journal would fill the
    // ext4.
    private const long UsualPersistentMiB = 1024, MinPersistentMiB = 64;

    private static readonly PartitionType Linux = PartitionType.For("ext4", isBootable: false);

    /// <summary>In the order on the disk and of the numbers.</summary>
    public IReadOnlyList<DiskPartition> Partitions => [Bios, Esp, Oem, Recovery, State, .. Extra, Persistent];

    /// <summary>Minimum size of COS_OEM in bytes.</summary>
    public const long MinOem = MinOemMiB * MiB;

    /// <summary>Minimum size of COS_PERSISTENT in bytes.</summary>
    public const long MinPersistent = MinPersistentMiB * MiB;

    /// <summary>No system fits on a smaller disk.</summary>
    public static long MinBytes => (2 * TableMiB + BiosMiB + EspMiB) * MiB + MinOem + MinRecovery(0) + MinState(0) + MinPersistent;

    /// <summary>
    /// Minimum size of COS_RECOVERY: an upgrade writes the new image next to the old one, and it may be a quarter larger.
    /// </summary>
    /// <param name="recoveryBytes">Size of the recovery image.</param>
    public static long MinRecovery(long recoveryBytes) => (2 * WithReserve(recoveryBytes) + 32) * MiB;

    /// <summary>Minimum size of COS_STATE: active, passive, and the image of an upgrade.</summary>
    /// <param name="imageBytes">Size of the OS image.</param>
    public static long MinState(long imageBytes) => (3 * WithReserve(imageBytes) + 64) * MiB;

    /// <param name="imageBytes">Size of the OS image.</param>
    /// <param name="recoveryBytes">Size of the recovery image.</param>
    /// <param name="diskBytes">Size of the disk; null: as large as necessary.</param>
    /// <param name="sizes">Sizes that differ from the defaults.</param>
    /// <param name="diskName">Name of the disk in the message that it is too small: <c>--size</c>.</param>
    /// <exception cref="OperatorException">The disk, or a partition, is too small for these images.</exception>
    public static DiskLayout Plan(long imageBytes, long recoveryBytes, long? diskBytes, DiskSizes sizes, string diskName)
    {
        var oem = SizeMiB("COS_OEM", sizes.Oem, OemMiB, MinOemMiB, "for an ext4 with a journal");
        var recovery = SizeMiB("COS_RECOVERY", sizes.Recovery, MinRecovery(recoveryBytes) / MiB, MinRecovery(recoveryBytes) / MiB,
            "for the image and its upgrade");
        var state = SizeMiB("COS_STATE", sizes.State, MinState(imageBytes) / MiB, MinState(imageBytes) / MiB,
            "for active, passive and the image of an upgrade");
        var persistent = SizeMiB("COS_PERSISTENT", sizes.Persistent, MinPersistentMiB, MinPersistentMiB, "for an ext4 with a journal");
        ExtraPartitionCheck.Check(sizes.Extra);
        var rest = FindRest(sizes);
        var before = TableMiB + BiosMiB + EspMiB + oem + recovery + state + sizes.Extra.Sum(extra => InMiB(extra.SizeBytes));
        var minimum = (before + persistent + TableMiB + (rest is null ? 0 : 1)) * MiB;
        if (diskBytes < minimum)
        {
            throw new OperatorException(
                $"{diskName} {ByteSize.Text(diskBytes.Value)} is too small: these images and their upgrades need {ByteSize.Text(minimum)}",
                diskName == "--size" ? "give a larger --size, or omit it" : "use a larger disk, or smaller images and partitions");
        }

        var total = diskBytes / MiB ?? before + TableMiB + UsualRest(sizes, rest is not null, persistent);
        var restMiB = total - before - persistent - TableMiB;
        if (rest is not null) ExtraPartitionCheck.CheckSize(rest.Name, rest.FileSystem, restMiB);
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
            Next(EspName, PartitionType.For("vfat", isBootable: true), "vfat", EspMiB),
            Next("COS_OEM", Linux, "ext4", oem),
            Next("COS_RECOVERY", Linux, "ext4", recovery),
            Next("COS_STATE", Linux, "ext4", state),
            sizes.Extra.Select(extra => Next(extra.Name, PartitionType.For(extra.FileSystem, isBootable: false), extra.FileSystem,
                extra == rest ? restMiB : InMiB(extra.SizeBytes)) with
            { Label = extra.Label }).ToList(),
            Next("COS_PERSISTENT", Linux, "ext4", sizes.Persistent is null ? total - before - TableMiB : persistent),
            total * MiB);
    }

    private static long UsualRest(DiskSizes sizes, bool isExtra, long persistent) =>
        isExtra ? persistent + UsualPersistentMiB : Math.Max(persistent, sizes.Persistent is null ? UsualPersistentMiB : 0);

    // The extra partition that takes the rest of the disk, which otherwise goes to COS_PERSISTENT.
    private static ExtraPartition? FindRest(DiskSizes sizes)
    {
        string[] names = [.. sizes.Extra.Where(extra => extra.SizeBytes == 0).Select(extra => extra.Name),
            .. sizes.Persistent is null ? (string[])["COS_PERSISTENT"] : []];
        return names.Length < 2 ? sizes.Extra.FirstOrDefault(extra => extra.SizeBytes == 0)
            : throw new OperatorException($"more than one partition would take the rest of the disk: {string.Join(", ", names)}",
                "give all but one of them a size; that of COS_PERSISTENT: --size-persistent, or install.partitions.persistent.size");
    }

    private static long SizeMiB(string name, long? bytes, long usual, long minimum, string purpose) =>
        bytes is null ? usual : InMiB(bytes.Value) is var wanted && wanted >= minimum ? wanted : throw new OperatorException(
            $"{ByteSize.Text(bytes.Value)} is too small for {name}: the minimum is {ByteSize.Text(minimum * MiB)} ({purpose})",
            "give a larger size, or omit it");

    private static long InMiB(long bytes) => (bytes + MiB - 1) / MiB;

    private static long WithReserve(long bytes) => InMiB(bytes + bytes / 4);
}
