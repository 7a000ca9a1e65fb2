using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Where what is on the disk. All in whole MiB, the first for the GPT, the last for its copy.</summary>
public sealed record DiskLayout(
    DiskPartition Bios, DiskPartition Esp, DiskPartition Oem, DiskPartition Recovery, DiskPartition State, DiskPartition Persistent, long Size)
{
    private const long MiB = 1 << 20;
    private const long BiosMiB = 1, EspMiB = 64, OemMiB = 64, TableMiB = 1;

    // Room for data where nobody said how large the disk is to be; it may grow at any boot. Below the least, ext4 is all journal.
    private const long UsualPersistentMiB = 1024, LeastPersistentMiB = 64;

    private const string LinuxType = "8300", EspType = "EF00", BiosBootType = "EF02";

    public IReadOnlyList<DiskPartition> Partitions => [Bios, Esp, Oem, Recovery, State, Persistent];

    /// <param name="imageBytes">Size of the OS image.</param>
    /// <param name="recoveryBytes">Size of the recovery image.</param>
    /// <param name="wanted">Size of the disk, or null.</param>
    /// <exception cref="OperatorException">The disk is too small for these images.</exception>
    public static DiskLayout Plan(long imageBytes, long recoveryBytes, long? wanted)
    {
        // An upgrade writes the new image beside the old ones, and it may be a quarter larger.
        var recovery = 2 * Roomy(recoveryBytes) + 32;
        var state = 3 * Roomy(imageBytes) + 64;
        var fixedPart = TableMiB + BiosMiB + EspMiB + OemMiB + recovery + state + TableMiB;
        var least = (fixedPart + LeastPersistentMiB) * MiB;
        if (wanted < least)
        {
            throw new OperatorException(
                $"--size {ByteSize.Text(wanted.Value)} is too small: these images, and room to upgrade them, need {ByteSize.Text(least)}",
                "give a larger --size, or leave it out");
        }

        var total = wanted / MiB ?? fixedPart + UsualPersistentMiB;
        var start = TableMiB;
        var number = 0;
        DiskPartition Next(string name, string type, long size)
        {
            var partition = new DiskPartition(++number, name, type, start * MiB, size * MiB);
            start += size;
            return partition;
        }

        return new DiskLayout(
            Next("bios", BiosBootType, BiosMiB),
            Next("COS_GRUB", EspType, EspMiB),
            Next("COS_OEM", LinuxType, OemMiB),
            Next("COS_RECOVERY", LinuxType, recovery),
            Next("COS_STATE", LinuxType, state),
            Next("COS_PERSISTENT", LinuxType, total - fixedPart),
            total * MiB);
    }

    private static long Roomy(long bytes) => (bytes + bytes / 4 + MiB - 1) / MiB;
}
