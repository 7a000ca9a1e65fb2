using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>What can be a partition of its own beside those of the system.</summary>
public static class ExtraPartitionCheck
{
    private const int Most = 100; // of a GPT's 128 entries

    private static readonly string[] FileSystems = ["ext2", "ext3", "ext4", "none"];

    private static readonly string[] Taken = ["bios", "COS_GRUB", "COS_OEM", "COS_RECOVERY", "COS_STATE", "COS_PERSISTENT", "COS_ACTIVE", "COS_PASSIVE", "COS_SYSTEM"];

    internal static void Check(IReadOnlyList<ExtraPartition> partitions)
    {
        if (partitions.Count > Most)
            throw new OperatorException($"{partitions.Count} extra partitions, and a disk has room for {Most}", "ask for fewer");
        var names = new HashSet<string>(Taken);
        foreach (var partition in partitions)
        {
            if (Problem(partition, names) is { } problem)
                throw new OperatorException($"the extra partition {partition.Name} {problem.What}", problem.Fix);
        }
    }

    private static (string What, string Fix)? Problem(ExtraPartition partition, HashSet<string> names)
    {
        if (VolumeLabel.TryParse(partition.Name) is null)
            return ($"has a label that is none: 1 to {VolumeLabel.MaxLength} printable characters of ASCII, without blanks and slashes", "give it another one");
        if (!names.Add(partition.Name))
            return ("has a label that another partition has", "give it another one: partitions are found by it");
        return FileSystems.Contains(partition.FileSystem) ? null
            : ($"is to have {partition.FileSystem}, and what is made here is {string.Join(", ", FileSystems)}",
                "have it made at the first boot, by a cloud-config: layout.add_partitions in the stage rootfs.after");
    }
}
