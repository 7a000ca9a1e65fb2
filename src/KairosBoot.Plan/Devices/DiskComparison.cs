using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>What tells a disk from its byte-for-byte copies. It is read only where more than one disk may be the boot disk.</summary>
/// <param name="Device">Kernel name of the partition that was compared: <c>vda2</c>.</param>
/// <param name="Wwid">World-wide id of its disk; null: the disk has none, or it need not be unique.</param>
/// <param name="Bus">How the disk is attached: <c>USB</c>, <c>NVMe</c>.</param>
/// <param name="Counters">The boot counters on the partition.</param>
public sealed record DiskEvidence(string Device, string? Wwid, string Bus, BootBlock Counters);

/// <summary>What a boot knows about disks that may be copies of each other.</summary>
public sealed record DiskComparison
{
    public ImmutableArray<DiskEvidence> Evidence { get; init; } = [];

    /// <summary>The disk that an earlier attempt of this boot used; null: this is the first attempt.</summary>
    public string? Chosen { get; init; }

    /// <summary>A single disk is compared too: its counters are not those that the loader reported.</summary>
    public bool IncludesSingleDisk { get; init; }

    /// <summary>No more time is spent on waiting for the disk that the loader started from.</summary>
    public bool TimeIsOver { get; init; }

    public DiskEvidence? Of(BlockDevice device)
    {
        foreach (var evidence in Evidence)
            if (evidence.Device == device.Name) return evidence;
        return null;
    }
}
