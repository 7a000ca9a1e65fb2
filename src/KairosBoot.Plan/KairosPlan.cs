using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// What Kairos' agent and its users look for in a running system, beyond the layout. Before: the image is the root. After: the extensions
/// of the slot are linked, and the logs are found under their former name too.
/// </summary>
public static class KairosPlan
{
    /// <summary>
    /// In recovery from a squashfs, as dracut's dmsquash-live leaves them: the image without anything mounted on it, which a reset copies,
    /// and its partition.
    /// </summary>
    public static ImmutableArray<Step> ForRecovery =>
    [
        new BindMount(StepClass.Degraded, SystemPaths.Sysroot, SystemPaths.LiveRoot, SystemPaths.State + SystemPaths.RecoveryImage),
        new BindMount(StepClass.Degraded, SystemPaths.State, SystemPaths.LiveMedium, SystemPaths.State + SystemPaths.RecoveryImage),
    ];

    /// <param name="slot">The slot whose extensions are used.</param>
    public static ImmutableArray<Step> ForInit(Slot slot) =>
    [
        new WriteLink(StepClass.Optional, SystemPaths.FormerLogs, SystemPaths.Runtime),
        new LinkExtensions(StepClass.Optional, $"{SystemPaths.Extensions}/extensions/{slot.Name()}", "/run/extensions"),
        new LinkExtensions(StepClass.Optional, $"{SystemPaths.Extensions}/confexts/{slot.Name()}", "/run/confexts"),
    ];
}
