using System.Text.Json;
using KairosBoot.Execution;
using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>The COS_STATE partition with the boot counters: that of the running system, or one that is mounted elsewhere.</summary>
public sealed class BootStateLocation : IDisposable
{
    private readonly StatePartition? partition;

    private BootStateLocation(string directory, string block, StatePartition? partition)
    {
        (Directory, Block) = (directory, block);
        this.partition = partition;
    }

    /// <summary>Root of COS_STATE.</summary>
    public string Directory { get; }

    /// <summary>The file with the counters.</summary>
    public string Block { get; }

    /// <summary>The boot of the running system; null if this is not its state, or the boot is not known.</summary>
    public BootSummary? Booted { get; private init; }

    /// <param name="path">Mount point of COS_STATE, or its file bootstate; null: the COS_STATE of the running system.</param>
    /// <exception cref="OperatorException">The path does not exist, or kairos-boot did not boot the running system.</exception>
    public static BootStateLocation Open(string? path)
    {
        if (path is null)
        {
            var booted = ReadBooted();
            var partition = Syscall.GetEUid() == 0 || booted is null ? StatePartition.Find() : MountedFor(booted);
            return new(partition.Path, partition.Path + SystemPaths.BootState, partition) { Booted = booted };
        }

        using var found = Syscall.TryOpen(path, OpenFlags.Path) ?? throw new OperatorException($"{path} does not exist",
            "give --state the mount point of COS_STATE, or its file bootstate");
        var type = Syscall.FStat(found).Type;
        var full = type is FileType.Directory or FileType.Regular ? Syscall.ReadLink(Syscall.DescriptorPath(found))
            : Path.GetFullPath(path);
        return type == FileType.Directory
            ? new(full, Path.TrimEndingDirectorySeparator(full) + SystemPaths.BootState, null)
            : new(PathParts.ParentOf(full), full, null);
    }

    // A user who is not root cannot read disks to find the partition.
    private static StatePartition MountedFor(BootSummary booted) => booted.Slot != Slot.Recovery ? StatePartition.Booted
        : throw new OperatorException("COS_STATE is not mounted in recovery, and mounting it requires root", "run it with sudo");

    /// <summary>The disk has the boot menu of Kairos.</summary>
    public bool HasKairosMenu => KairosMenu.IsOn(Directory);

    /// <summary>The disk has the boot menu of Kairos and no counters, and must not get any.</summary>
    public bool HasNoCounters => KairosMenu.IsWithoutCounters(Directory);

    /// <summary>Changes the counters in a valid block.</summary>
    /// <returns>The new counters.</returns>
    /// <exception cref="OperatorException">The block is missing or damaged.</exception>
    public BootCounters Change(Func<BootCounters, BootCounters> change)
    {
        RequireCounters();
        return BootStateFile.Update(Block, block => block.Usable ? change(block.Counters) : throw Unusable(block)).Counters;
    }

    /// <exception cref="OperatorException">Nothing would maintain counters on this disk.</exception>
    internal void RequireCounters()
    {
        if (HasNoCounters) throw KairosMenu.NoCounters;
    }

    /// <summary>Id of the image that a slot has now; null if it has none, and for recovery, whose image is on another partition.</summary>
    public string? ImageIn(Slot slot)
    {
        var image = $"{Directory}/cOS/{slot.Name()}.img";
        return slot != Slot.Recovery && File.Exists(image) ? BootCounter.IdOf(ImageIdentity.Of(image)) : null;
    }

    /// <summary>When the image of a slot was built, in seconds since 1970; null: not known, as for recovery.</summary>
    public long? BuildTime(Slot slot)
    {
        try
        {
            return ImageIn(slot) is null ? null : DiskInputs.Time($"{Directory}/cOS/{slot.Name()}.img");
        }
        catch (Exception e) when (e is OperatorException or SyscallException) { return null; }
    }

    /// <summary>
    /// False: the slot has no image. The recovery image of a system that is not running is on a partition that is not known here; it counts
    /// as present.
    /// </summary>
    public bool HasImage(Slot slot)
    {
        if (slot != Slot.Recovery) return ImageIn(slot) is not null;
        if (partition is null) return true;
        using var recovery = StatePartition.Find("", SystemPaths.RecoveryLabel);
        return File.Exists(recovery.Path + SystemPaths.RecoveryImage) || File.Exists(recovery.Path + SystemPaths.OtherRecoveryImage);
    }

    public void Dispose() => partition?.Dispose();

    /// <exception cref="OperatorException">The booted slot is not known.</exception>
    internal Slot RequireBooted(string slots) =>
        Booted?.Slot ?? throw new OperatorException("cannot find out which slot is booted", $"name the slot: {slots}");

    private OperatorException Unusable(BootBlock block) =>
        new($"{Block} {block.Problem}", "recreate it with all tries for every slot: kboot assess reset");

    private static BootSummary? ReadBooted()
    {
        // The report can be read by root and its group only.
        if (!Syscall.Access(SystemPaths.Report, what: 4))
        {
            return BoundedFile.TryReadText(SystemPaths.Summary, ReadLimit.SystemFile) is { } text ? BootSummary.Parse(text) : null;
        }

        using var report = JsonDocument.Parse(FileText.Read(SystemPaths.Report));
        string Text(string name) => report.RootElement.GetProperty(name).GetString() ?? "";
        return SlotNames.TryParse(Text("slot")) is { } slot ? new(Text("verdict"), slot, Text("imageId")) : null;
    }
}
