using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>Checks of <see cref="ReadinessChecks"/> that look at the machine.</summary>
internal static class MachineChecks
{
    private const string Reset = "run kboot assess reset";

    internal static void Counters(NodeUnderCheck node, ReadinessFinding report)
    {
        if (node.Location.HasNoCounters)
        {
            report("the boot menu is that of Kairos: no boots are counted, and nothing falls back by itself",
                "keep the menu, or install KairosBoot's with kboot install", true);
            return;
        }

        if (node.Block.Problem is { } problem) report($"{node.Location.Block} {problem}", Reset, node.Block.Usable);
        if (node.Block.Usable && node.Block.Counters.Next is null)
        {
            report($"no slot has tries left: the next boot stops for {node.Block.Counters.Stop().StopMinutes} min", Reset,
                false);
        }

        foreach (var device in node.Seen)
        {
            if (device.Disk == node.Disk && device is { IsWriteProtected: true, Superblock.Label: SystemPaths.StateLabel })
                report($"{device.Node} is write-protected, so no attempt can be counted", "remove the write protection", false);
        }

        if (node.Block.Counters.VolumeFault is { } fault)
            report(fault.Sentence, "repair the volume; recovery takes over if it fails again", true);
    }

    internal static void Menu(NodeUnderCheck node, ReadinessFinding report)
    {
        var path = node.Location.Directory + BootMenuUpdate.Menu;
        if (node.Location.HasKairosMenu || FileText.TryRead(path) is not { } menu) return;
        if (BootMenuUpdate.NewText(menu, out var note) is not null)
            report($"the boot menu {path} is older than this kboot", "run kboot upgrade, which updates it", true);
        else if (note is not null)
            report($"{path}: {note}", "install the menu of kboot with kboot install", true);
    }

    internal static void Space(NodeUnderCheck node, ReadinessFinding report)
    {
        var largest = new[] { Slot.Active, Slot.Passive }.Max(slot => Syscall.TryStat(node.Location.Directory + slot.Image())?.Size ?? 0);
        if (FreeBytes(node.Location.Directory) is { } free && free < largest)
        {
            report($"{SystemPaths.StateLabel} has {ByteSize.Text(free)} free; an upgrade to an image of the same size needs " +
                ByteSize.Text(largest), "use smaller images, or a larger disk", true);
        }

        // A full disk boots, but the system may not work.
        if (MountTable.Find(SystemPaths.Persistent) is not null && FreeBytes(SystemPaths.Persistent) == 0)
            report($"{SystemPaths.PersistentLabel} is full", $"delete files below {SystemPaths.Persistent}", true);
    }

    private static long? FreeBytes(string path)
    {
        using var directory = Syscall.TryOpen(path, OpenFlags.Path | OpenFlags.Directory);
        if (directory is null) return null;
        var (bytes, inodes) = Syscall.FreeSpace(directory);
        return inodes == 0 ? 0 : bytes;
    }
}
