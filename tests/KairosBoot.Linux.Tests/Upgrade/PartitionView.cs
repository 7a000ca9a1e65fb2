using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.Upgrade;

/// <summary>What a reader finds on a partition of images: the counters, and the image under each name.</summary>
internal sealed record PartitionView(BootBlock Block, byte[]? Active, byte[]? Passive, byte[]? Recovery)
{
    /// <summary>The files as GRUB sees them, without the journal: read by GRUB's driver in a program of the host.</summary>
    internal static PartitionView OfGrub(string file) => Of(path => Read(file, path));

    /// <summary>The files as the kernel sees them after mounting.</summary>
    internal static PartitionView OfMount(string mountPoint) => Of(path => File.Exists(mountPoint + path) ? File.ReadAllBytes(mountPoint + path) : null);

    /// <summary>The image in a slot; null for recovery if it is on another partition.</summary>
    internal byte[]? this[Slot slot] => slot == Slot.Active ? Active : slot == Slot.Passive ? Passive : Recovery;

    private static PartitionView Of(Func<string, byte[]?> read) =>
        new(BootBlock.Read(read("/bootstate") ?? []), read(Slot.Active.Image()), read(Slot.Passive.Image()), read(SystemPaths.RecoveryImage) ?? read(SystemPaths.OtherRecoveryImage));

    private static byte[]? Read(string partition, string path)
    {
        var copy = partition + ".read";
        File.Delete(copy);
        var result = ChildProcess.Run("/usr/bin/grub-fstest", [partition, "cp", "(loop0)" + path, copy], ["PATH=/usr/bin:/bin"], TimeSpan.FromMinutes(1));
        return result.ExitCode == 0 ? File.ReadAllBytes(copy) : null;
    }
}
