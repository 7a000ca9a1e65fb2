using System.Text;
using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>Checks of <see cref="ReadinessChecks"/> that look at the disks of the machine.</summary>
internal static class DeviceChecks
{
    private static readonly string[] SystemLabels =
        [SystemPaths.StateLabel, SystemPaths.RecoveryLabel, SystemPaths.OemLabel, SystemPaths.PersistentLabel];

    internal static void Labels(SlotUnderCheck slot, ReadinessFinding report)
    {
        var (node, request) = (slot.Node, slot.Request);
        var images = DeviceSearch.Find(request.ImagePartition, node.Seen, node.Disk, onBootDiskOnly: true);
        if (FaultSearch.Problem(request.ImagePartition.ToString(), images, node.Seen, node.Disk, onBootDiskOnly: true) is { } problem)
            report(problem.Problem, problem.Fix, false);
        foreach (var label in SystemLabels) CheckOtherDisks(DeviceRef.Label(label), slot, report);
        if (request.LoadedFrom is { } loaded) CheckOtherDisks(loaded, slot, report);
        if (slot.Disk?.OemProblem is { } oem) report($"{SystemPaths.Oem}: {oem}", "repair the partition", true);
        foreach (var volume in slot.Devices?.Volumes ?? [])
        {
            if (volume.Problem is { } fault) report(fault.Problem, fault.Fix, volume.ProblemClass != StepClass.Required);
            if (volume.Note is { } note) report(note, "add a recovery partition, or change kairosboot.persistent=", true);
        }
    }

    // A loader that names its partition, and that reports its counters, tells the disks apart. Otherwise the boot is refused.
    private static void CheckOtherDisks(DeviceRef name, SlotUnderCheck slot, ReadinessFinding report)
    {
        var others = DeviceSearch.Find(name, slot.Node.Seen, bootDisk: null, onBootDiskOnly: false).Candidates
            .RemoveAll(device => device.IsOn(slot.Node.Disk));
        if (others.IsEmpty) return;
        var isKnown = slot.Request is { LoadedFrom: not null, LoaderCounters: not null };
        report($"{name} is also on {string.Join(" and on ", others)}", "detach the other disk, or change its labels",
            isKnown || name != slot.Request.ImagePartition);
    }

    internal static void Drivers(SlotUnderCheck slot, ReadinessFinding report)
    {
        if (slot.Root is not { } root || UntrustedTree.TryRead(root, BootInitrd.Path, ReadLimit.Initrd) is not { } file) return;
        if (InitrdContents.Parse(file, BootInitrd.Path).Index is not { } index) return; // a finding of the check of the image
        var fix = "build the initrd with the driver: kboot initrd build --modules, or with the default set";
        foreach (var driver in slot.Node.Seen.Where(device => device.Name == slot.Node.Disk)
            .SelectMany(disk => disk.IsAssembled ? disk.Members : [disk.Name]).SelectMany(disk => DriverChain.Of(disk)))
        {
            if (Has(index, driver) || driver.Module is null && !IsModule(root, index.Release, driver.Name)) continue;
            report($"the initrd for kernel {index.Release} has no driver {driver.Module ?? driver.Name}, which the boot disk " +
                $"/dev/{slot.Node.Disk} needs (device {driver.Device})", fix, false);
        }

        if (index.LoadOrder("loop") is null) report($"the initrd for kernel {index.Release} has no driver loop", fix, false);
        var types = new List<string?> { slot.Disk?.Images.Superblock?.MountType, slot.ImageType };
        types.AddRange((slot.Devices?.Volumes ?? []).Select(volume => volume.Device?.Superblock?.MountType));
        foreach (var type in types.OfType<string>().Append("overlay").Distinct())
        {
            if (index.LoadOrder("fs-" + type) is null && index.LoadOrder(type) is null)
                report($"the initrd for kernel {index.Release} has no file system {type}", fix, false);
        }
    }

    private static bool Has(ModuleIndex index, DiskDriver driver) =>
        index.LoadOrder(driver.Module ?? driver.Name) is not null
        || driver.Modalias is { Length: > 0 } modalias && index.ForModalias(modalias).Count > 0;

    // A driver that is built into the running kernel is probably built into that of the image too, unless the image has it as a module.
    private static bool IsModule(string root, string release, string name)
    {
        var list = UntrustedTree.TryRead(root, $"/lib/modules/{release}/modules.dep", ReadLimit.ModuleIndex)
            ?? UntrustedTree.TryRead(root, $"/usr/lib/modules/{release}/modules.dep", ReadLimit.ModuleIndex) ?? [];
        return Encoding.UTF8.GetString(list).Replace('-', '_').Contains($"/{ModuleName.Normalize(name)}.ko", StringComparison.Ordinal);
    }
}
