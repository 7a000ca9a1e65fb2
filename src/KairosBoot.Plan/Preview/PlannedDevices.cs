using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>The devices of a planned boot: those of this machine, or those that another machine is assumed to have.</summary>
/// <param name="disk">The partitions of the system.</param>
/// <param name="seen">All devices.</param>
/// <param name="volumes">One for each volume of the layout, in its order.</param>
/// <param name="overlay">The device of the overlays; null: memory.</param>
public sealed class PlannedDevices(BootDisk disk, ImmutableArray<BlockDevice> seen, ImmutableArray<FoundVolume> volumes,
    BlockDevice? overlay)
{
    // What kboot disk build makes, and what most volumes have.
    private const string AssumedType = "ext4";

    public BootDisk Disk => disk;
    public ImmutableArray<BlockDevice> Seen => seen;
    public ImmutableArray<FoundVolume> Volumes => volumes;
    public BlockDevice? Overlay => overlay;

    /// <summary>What <see cref="Assume"/> assumes, as a sentence without its end.</summary>
    public const string Assumption = "each device exists once, and has an undamaged " + AssumedType;

    /// <summary>The devices of a machine that is not this one: each exists, and its reference stands for its node.</summary>
    public static PlannedDevices Assume(BootRequest request, Layout layout)
    {
        var images = Assumed(request.ImagePartition);
        var disk = new BootDisk(images.Disk, images, request.Oem is { } oem ? Assumed(oem) : null);
        var volumes = ImmutableArray.CreateBuilder<FoundVolume>();
        foreach (var volume in layout.Volumes)
        {
            volumes.Add(new(volume, Assumed(volume.Device))
            {
                Policy = layout.Overlay.Tmpfs is { } limit ? request.PolicyFor(volume).WithTmpfs(limit) : request.PolicyFor(volume),
                Checks = request.Checks,
            });
        }
        return new(disk, [], volumes.ToImmutable(), layout.Overlay.Device is { } overlay ? Assumed(overlay) : null);
    }

    private static BlockDevice Assumed(DeviceRef reference) => new(reference.Value, Disk: "", Partition: 1, SizeBytes: 0)
    {
        Reference = reference.ToString(), Superblock = new(AssumedType, Label: null, Uuid: null, SizeBytes: 0),
    };
}
