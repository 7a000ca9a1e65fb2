using System.Collections.Immutable;
using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>Which disk this boot uses, and the comparison of disks that may be copies of each other.</summary>
internal sealed class BootDiskChoice(KernelModules modules, BootRecord record)
{
    // A USB disk appears a few seconds after a built-in one.
    private static readonly TimeSpan LoadersDisk = TimeSpan.FromSeconds(10);

    private DiskComparison comparison = new();

    /// <summary>Until when to wait for the disk that the loader started from; null: no wait is needed so far.</summary>
    public long? Deadline { get; private set; }

    /// <summary>The counters of all candidates were compared before one of them was used. That is not repeated.</summary>
    public bool IsCompared { get; private set; }

    /// <summary>Decides, and reads the evidence that the decision needs.</summary>
    /// <param name="request">What to boot.</param>
    /// <param name="seen">All devices seen so far.</param>
    /// <param name="final">No time is left to wait for devices.</param>
    /// <param name="oemTimedOut">The time limit for OEM is over.</param>
    public BootDiskDecision Decide(BootRequest request, ImmutableArray<BlockDevice> seen, bool final, bool oemTimedOut)
    {
        // The name of a disk that was detached may be used again.
        comparison = comparison with { Evidence = comparison.Evidence.RemoveAll(evidence => !Has(seen, evidence.Device)) };
        while (true)
        {
            var now = Syscall.BootTimeMicroseconds();
            var decision = BootDiskSearch.Decide(request, seen, comparison with { TimeIsOver = final || now >= Deadline }, oemTimedOut);
            if (decision.ToCompare.IsEmpty) return decision;
            IsCompared = true;
            Deadline ??= now + (long)LoadersDisk.TotalMicroseconds;
            foreach (var device in decision.ToCompare)
                comparison = comparison with { Evidence = comparison.Evidence.Add(Read(device)) };
        }
    }

    /// <summary>The boot uses this disk, also in its later attempts: the counters on it are about to change.</summary>
    public void Use(BootDisk disk) => comparison = comparison with { Chosen = disk.Disk };

    /// <summary>The counters of the only disk are not those that the loader reported: compare, and wait for other disks.</summary>
    public void CompareAlways() =>
        (comparison, IsCompared) = (comparison with { IncludesSingleDisk = true, Chosen = null }, true);

    /// <summary>Reports disks that could be mistaken for the boot disk.</summary>
    public void ReportIgnored(BootRequest request, BootDisk disk, ImmutableArray<BlockDevice> seen)
    {
        foreach (var twin in TwinDisks.Ignored(request, disk.Disk, seen, comparison))
        {
            record.Note(StepClass.Degraded, $"{TwinDisks.WithDisk(twin, seen)} on {DeviceBus.Describe(twin)} is a copy of the boot disk " +
                $"{disk.Disk} and is not used; detach it, or the machine may boot from it");
        }
    }

    /// <summary>Mounts COS_OEM for the reason of a boot that failed before it was mounted; null: it is not certain, or
    /// missing.</summary>
    public StatePartition? MountOem(BootRequest request, ImmutableArray<BlockDevice> seen)
    {
        if (BootDiskSearch.OemOfFailed(request, seen, comparison.Chosen) is not { } oem) return null;
        modules.LoadFileSystem(oem.Superblock!.MountType);
        return StatePartition.Mount(oem);
    }

    private DiskEvidence Read(BlockDevice device) =>
        new(device.Name, DeviceBus.Wwid(device), DeviceBus.Describe(device), StatePartition.ReadCountersUntouched(device, modules));

    private static bool Has(ImmutableArray<BlockDevice> seen, string name)
    {
        foreach (var device in seen)
            if (device.Name == name) return true;
        return false;
    }
}
