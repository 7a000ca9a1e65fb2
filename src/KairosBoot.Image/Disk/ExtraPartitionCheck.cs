using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Checks additional partitions: number, labels and file systems.</summary>
public static class ExtraPartitionCheck
{
    private const int MaxPartitions = 100; // a GPT has 128 entries

    private static readonly string[] FileSystems = ["ext2", "ext3", "ext4", "none"];

    private static readonly string[] ReservedLabels = ["bios", "COS_GRUB", "COS_OEM", "COS_RECOVERY", "COS_STATE", "COS_PERSISTENT", "COS_ACTIVE", "COS_PASSIVE", "COS_SYSTEM"];

    internal static void Check(IReadOnlyList<ExtraPartition> partitions)
    {
        if (partitions.Count > MaxPartitions)
            throw new OperatorException($"too many extra partitions: {partitions.Count}, at most {MaxPartitions}", "remove some of them");
        var names = new HashSet<string>(ReservedLabels);
        foreach (var partition in partitions)
        {
            if (Problem(partition, names) is { } problem)
                throw new OperatorException($"the extra partition {partition.Name} {problem.What}", problem.Fix);
        }
    }

    private static (string What, string Fix)? Problem(ExtraPartition partition, HashSet<string> names)
    {
        if (VolumeLabel.TryParse(partition.Name) is null)
            return ("has an invalid label", $"use 1 to {VolumeLabel.MaxLength} printable ASCII characters, without blanks and slashes");
        if (!names.Add(partition.Name))
            return ("has the label of another partition", "give it another label: partitions are found by label");
        return FileSystems.Contains(partition.FileSystem) ? null
            : ($"has the file system {partition.FileSystem}, but kboot creates only {string.Join(", ", FileSystems)}",
                "create it at the first boot with a cloud-config: layout.add_partitions in the stage rootfs.after");
    }
}
