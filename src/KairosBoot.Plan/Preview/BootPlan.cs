using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// A boot as the list of commands that it amounts to. It asks the same plans as Boot.cs of KairosBoot.Init, in the same order; tests
/// compare the two texts, and the list with the report of a real boot.
/// </summary>
public static class BootPlan
{
    private const string FsTab = "# write " + SystemPaths.Sysroot + "/etc/fstab from the mounts in /proc/self/mountinfo";

    /// <param name="request">What the kernel command line asks for.</param>
    /// <param name="devices">The devices that the boot finds.</param>
    /// <param name="layout">The layout after the stage <c>rootfs</c>.</param>
    public static ImmutableArray<PlannedPhase> For(BootRequest request, PlannedDevices devices, Layout layout)
    {
        var (disk, reasons) = (devices.Disk, new StepReasons(request, layout));
        return
        [
            Phase("start", "the kernel's own file systems", reasons,
            [
                .. Steps(ApiFileSystems.Mounts),
                .. Steps(ApiFileSystems.ForShutdown),
            ]),
            Phase("disk", "drivers, then the partitions of the system", reasons,
            [
                Act($"load the drivers of the initrd for this hardware; wait for {request.ImagePartition}",
                    $"kairosboot.timeout={((int)request.DeviceTimeout.TotalSeconds).ToString()}"),
            ]),
            Phase("root", "the image", reasons,
            [
                .. Steps(RootPlan.ForImages(request, disk)),
                Act($"count one attempt of {request.Slot.Name()} in {SystemPaths.State}{SystemPaths.BootState}",
                    "if the loader has not counted it"),
                .. Steps(RootPlan.For(request, disk, devices.Seen)),
            ]),
            Phase("rootfs", "cloud-configs before the layout", reasons,
                [Act("run the cloud-config stage rootfs, with its stages before and after", "it may write the layout and change disks")]),
            Phase("layout", "what is writable, and what persists", reasons,
            [
                .. Steps(RootPlan.ForOptions(layout, disk)),
                .. Steps(LayoutPlan.For(layout, devices.Volumes, devices.Overlay)),
                new(null, FsTab, "what was really mounted") { OwnClass = StepClass.Degraded },
                .. Steps(IdentityPlan.For(devices.Volumes, disk)),
                .. Steps(ApiFileSystems.ForUserland),
                Act($"switch the root to {SystemPaths.Sysroot}; move {string.Join(' ', ApiFileSystems.Moved)}", "the image becomes /"),
                .. Steps(KairosPlan.ForInit(request.Slot)),
            ]),
            Phase("initramfs", "cloud-configs in the new root", reasons,
                [Act("run the cloud-config stage initramfs, with its stages before and after", "users, files, host name")]),
            Phase("hand-over", "the image's own init", reasons, [Act("exec " + ShellText.Quote(request.Init), "PID 1 of the system")]),
        ];
    }

    private static PlannedPhase Phase(string name, string title, StepReasons reasons, ImmutableArray<PlannedAct> acts)
    {
        var explained = ImmutableArray.CreateBuilder<PlannedAct>(acts.Length);
        foreach (var act in acts) explained.Add(act.Step is { } step ? new(step, act.Command, reasons.Of(step)) : act);
        return new(name, title, explained.ToImmutable());
    }

    private static IEnumerable<PlannedAct> Steps(ImmutableArray<Step> steps)
    {
        foreach (var step in steps) yield return new(step, step.Command, "");
    }

    private static PlannedAct Act(string text, string reason) => new(null, "# " + CommentText.OneLine(text), reason);
}
