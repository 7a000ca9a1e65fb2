using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// Before: the layout is mounted. After: /etc/machine-id has the machine's own identity, the same in every slot. It is stored on the
/// persistent volume, where Kairos always kept it; OEM has a copy, because recovery does not mount the persistent volume.
/// </summary>
public static class IdentityPlan
{
    public static ImmutableArray<Step> For(ImmutableArray<FoundVolume> volumes, BootDisk disk)
    {
        var stores = ImmutableArray.CreateBuilder<string>();
        foreach (var volume in volumes)
        {
            if (volume.Device is not null && volume.Request.Path == SystemPaths.Persistent)
                stores.Add(SystemPaths.Sysroot + SystemPaths.Persistent + "/etc/machine-id");
        }

        if (disk.Oem is not null) stores.Add(SystemPaths.Sysroot + SystemPaths.Oem + "/machine-id");
        // A machine without stores has no identity that could be lost.
        var stepClass = stores.Count > 0 ? StepClass.Degraded : StepClass.Optional;
        return [new CommitMachineId(stepClass, SystemPaths.Sysroot + "/etc/machine-id", stores.ToImmutable())];
    }
}
