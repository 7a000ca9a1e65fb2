using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// Before: the layout is mounted. After: /etc/machine-id is the machine's own, the same in every slot. The persistent volume holds it where
/// Kairos always kept it; OEM holds a copy, because recovery does without the persistent volume.
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
        // A machine that keeps nothing has no identity to lose.
        var stepClass = stores.Count > 0 ? StepClass.Degraded : StepClass.Optional;
        return [new CommitMachineId(stepClass, SystemPaths.Sysroot + "/etc/machine-id", stores.ToImmutable())];
    }
}
