using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>
/// Finds out whether a machine already has an image, by comparing every byte: a fleet's tool repeats its upgrades, and a repeated upgrade
/// must not replace the image to return to by another copy of the new one. A seal would be cheaper, but would not show a damaged image.
/// </summary>
/// <param name="machine">The machine.</param>
/// <param name="cancellationToken">Ends the comparison.</param>
internal sealed class ExistingImage(TargetSystem machine, CancellationToken cancellationToken)
{
    private const int PieceSize = 1 << 20;

    /// <returns>A sentence, and whether a reboot is needed to use the image; null: an upgrade is needed.</returns>
    internal (string Outcome, bool NeedsReboot)? Find(string image, bool isRecovery) => isRecovery ? InRecovery(image) : InSlots(image);

    /// <summary>As <see cref="Find"/>, for a tree: only the root of the running system is known to be its image.</summary>
    internal (string Outcome, bool NeedsReboot)? FindTree(string tree) =>
        machine.RunningImage is not null && Running() is { } slot && Same(Syscall.TryStat(tree), Syscall.TryStat(machine.Host + "/"))
            ? Runs(slot) : null;

    private (string, bool)? InSlots(string image) => Running() is { } slot && HasContent(PathOf(slot), image) ? Runs(slot) : null;

    private (string, bool)? InRecovery(string image)
    {
        var recovery = machine.Recovery;
        string[] names = [.. ((string[])[SystemPaths.RecoveryImage, SystemPaths.OtherRecoveryImage])
            .Select(name => recovery.Path + name).Where(File.Exists)];
        return names.Length == 1 && HasContent(names[0], image) ? ("recovery already has this image", false) : null;
    }

    private (string, bool) Runs(Slot slot)
    {
        var next = Counters(machine.State.Path).Next;
        return ("already runs this image" + (next == slot ? "" : $" ({slot.Name()}); the next boot is {next?.Name() ?? "a stop"}"), false);
    }

    // Compared by inode: an upgrade since the boot may have moved the running image to another slot.
    private Slot? Running()
    {
        if (machine.IsRecovery) return null;
        foreach (var slot in (Slot[])[Slot.Active, Slot.Passive])
            if (Syscall.TryStat(PathOf(slot)) is { } file && machine.RunningImage == (file.Device, file.Inode)) return slot;
        return null;
    }

    private string PathOf(Slot slot) => machine.State.Path + slot.Image();

    private static BootCounters Counters(string state) => BootStateFile.Read(state + SystemPaths.BootState).Counters;

    private static bool Same(FileStatus? one, FileStatus? other) =>
        one is { } a && other is { } b && (a.Device, a.Inode) == (b.Device, b.Inode);

    /// <summary>Compares two files byte by byte. False: one of them is not a regular file.</summary>
    internal bool HasContent(string path, string image)
    {
        if (Syscall.TryStat(path) is not { Type: FileType.Regular } there || Syscall.TryStat(image) is not { Type: FileType.Regular } given)
            return false;
        if (there.Size != given.Size) return false;
        using var left = Syscall.Open(path, OpenFlags.ReadOnly);
        using var right = Syscall.Open(image, OpenFlags.ReadOnly);
        var (one, other) = (new byte[PieceSize], new byte[PieceSize]);
        for (long at = 0; at < there.Size; at += PieceSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (read, readThere) = (Syscall.PRead(left, one, at), Syscall.PRead(right, other, at));
            if (!one.AsSpan(0, read).SequenceEqual(other.AsSpan(0, readThere))) return false;
        }

        return true;
    }
}
