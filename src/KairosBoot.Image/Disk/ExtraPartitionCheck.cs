using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Checks additional partitions: number, names, labels, sizes and file systems.</summary>
public static class ExtraPartitionCheck
{
    private const int MaxPartitions = 100; // a GPT has 128 entries
    private const int MaxNameLength = 36; // UTF-16 units of a GPT entry

    // Maximum length of a label, and minimum size in MiB. mkfs.xfs refuses smaller volumes.
    private static readonly (string Name, int MaxLabel, int MinMiB)[] FileSystems =
        [("ext2", 16, 1), ("ext3", 16, 8), ("ext4", 16, 8), ("xfs", 12, 300), ("vfat", 11, 1), ("none", MaxNameLength, 1)];

    private static readonly string[] ReservedNames =
        ["bios", "COS_GRUB", "COS_OEM", "COS_RECOVERY", "COS_STATE", "COS_PERSISTENT", "COS_ACTIVE", "COS_PASSIVE", "COS_SYSTEM"];

    internal static void Check(IReadOnlyList<ExtraPartition> partitions)
    {
        if (partitions.Count > MaxPartitions)
            throw new OperatorException($"too many extra partitions: {partitions.Count}, at most {MaxPartitions}", "remove some of them");
        var (names, labels) = (new HashSet<string>(ReservedNames), new HashSet<string>(ReservedNames));
        foreach (var partition in partitions)
        {
            if (Problem(partition, names, labels) is { } problem)
                throw new OperatorException($"the extra partition {partition.Name} {problem.What}", problem.Fix);
        }
    }

    /// <summary>Checks the size of a partition that takes the rest of the disk.</summary>
    internal static void CheckSize(string name, string fileSystem, long mebibytes)
    {
        if (Array.Find(FileSystems, row => row.Name == fileSystem).MinMiB is var minimum && mebibytes < minimum)
        {
            throw new OperatorException(
                $"the extra partition {name} has {mebibytes} MiB, but {(fileSystem == "none" ? "a partition" : fileSystem)} needs " +
                $"{minimum}",
                "give it a larger size, or choose another file system");
        }
    }

    private static (string What, string Fix)? Problem(ExtraPartition partition, HashSet<string> names, HashSet<string> labels)
    {
        var type = Array.Find(FileSystems, row => row.Name == partition.FileSystem);
        if (type.Name is null)
        {
            return ($"has the file system {partition.FileSystem}, but kboot creates only " +
                string.Join(", ", FileSystems.Select(row => row.Name)),
                "create it at the first boot with a cloud-config: layout.add_partitions in the stage rootfs.after");
        }

        if (partition.FileSystem != "none" && VolumeLabel.TryParse(partition.Label) is null)
            return ("has an invalid label", $"use 1 to {VolumeLabel.MaxLength} printable ASCII characters, without blanks and slashes");
        if (partition.Label.Length > type.MaxLabel)
            return ($"has the label {partition.Label}, which is too long for {type.Name}", $"use at most {type.MaxLabel} characters");
        if (partition.Name.Length is 0 or > MaxNameLength || partition.Name.Any(letter => letter is < ' ' or > '~' or '/'))
            return ("has an invalid name", $"use 1 to {MaxNameLength} printable ASCII characters, without slashes");
        if (!names.Add(partition.Name) || !labels.Add(partition.Label))
            return ("has the name or the label of another partition", "give it another one: partitions are found by label and by name");
        if (partition.SizeBytes > 0) CheckSize(partition.Name, partition.FileSystem, (partition.SizeBytes + (1 << 20) - 1) >> 20);
        return null;
    }
}
