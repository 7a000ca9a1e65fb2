using System.Collections.Immutable;

namespace KairosBoot.Lifecycle;

/// <summary>The checks of <c>kboot plan</c> on a node.</summary>
public static class ReadinessChecks
{
    /// <summary>In the order of the output. docs/plan.md has the same rows.</summary>
    public static ImmutableArray<ReadinessCheck> All { get; } =
    [
        ReadinessCheck.ForMachine("counters", "`/bootstate` on `COS_STATE`",
            "it is missing, damaged or write-protected; no slot has tries left", MachineChecks.Counters),
        ReadinessCheck.ForMachine("menu", "the boot menu on `COS_STATE`", "never", MachineChecks.Menu),
        ReadinessCheck.ForMachine("space", "free space on `COS_STATE` and `COS_PERSISTENT`", "never", MachineChecks.Space),
        ReadinessCheck.ForSlots("labels", "the devices of the system and of the layout, on all disks",
            "a required one is missing, damaged or not unique", DeviceChecks.Labels),
        ReadinessCheck.ForSlot("image", "the image of the slot: whole, with kernel, initrd and init, for this processor",
            "any finding", ImageChecks.Image),
        ReadinessCheck.ForSlot("drivers", "the initrd in the image, and the drivers that the boot disk uses now",
            "a driver or a file system is neither in the initrd nor in its kernel", DeviceChecks.Drivers),
        ReadinessCheck.ForSlot("mount points", "the directories in the image that the layout mounts on",
            "that of a required mount is missing", ImageChecks.MountPoints),
        ReadinessCheck.ForSlots("configs", "the layout that the stage `rootfs` writes, and the kernel options", "never",
            ImageChecks.Configs),
        ReadinessCheck.ForSlot("good report", "what in the image or the cloud-configs marks a boot good",
            "nothing does, or its unit is not enabled", ImageChecks.GoodReport),
    ];
}
