using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>
/// Replaces an image on a mounted partition. At every instant, also as GRUB sees the disk (it does not read the journal), each name that a
/// boot may
/// use leads to a complete image. The blocks of an image are freed only after the disk has the directory without it. An interrupted switch
/// is repeated
/// from the start.
/// </summary>
/// <param name="partition">Its mount point; writable only during a change.</param>
/// <param name="block">The file with the boot counters.</param>
public abstract class SlotSwitch(string partition, string block)
{
    /// <summary>Directory of the images.</summary>
    protected string Images { get; } = partition + "/cOS";

    /// <summary>Path to write the new image to.</summary>
    public string Transition { get; } = partition + "/cOS/transition.img";

    /// <summary>
    /// Path of a complete image that waits for its switch. It gets this name only after all of its content is on the disk, so the name is
    /// the mark that it is complete.
    /// </summary>
    public string Staged { get; } = partition + StagedUpgrade.Image;

    /// <summary>The switch of an upgrade.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="recovery">Mount point of COS_RECOVERY, for a recovery image; null: for an image of the system.</param>
    /// <param name="type">The file system of the new image.</param>
    internal static SlotSwitch Of(TargetSystem machine, string? recovery, string type) => recovery is null
        ? new ActiveSwitch(machine.State.Path, machine.RunningImage, machine.IsRecovery)
        : new RecoverySwitch(recovery, machine.State.Path, machine.RunningImage, type == "squashfs");

    /// <summary>What an interrupted switch of the system leaves on COS_STATE.</summary>
    internal static IEnumerable<string> Leftovers(string state) => [state + "/cOS/transition.img", state + "/cOS/passive.new"];

    /// <summary>Checks that a slot may be replaced.</summary>
    /// <exception cref="OperatorException">No slot may be replaced.</exception>
    public virtual void Check()
    {
    }

    /// <summary>Removes what an interrupted switch has left.</summary>
    public abstract void Clear();

    /// <summary>Files that <see cref="Clear"/> removes if they exist.</summary>
    protected abstract IReadOnlyList<string> Cleared { get; }

    /// <summary>What <see cref="Commit"/> would do: its sentence, and the id of the image that passive would have; empty: none.</summary>
    internal abstract (string Outcome, string Passive) Preview { get; }

    /// <summary>Bytes that a new image can have on the partition: what is free, and what is removed before it is written.</summary>
    internal long Room
    {
        get
        {
            using var directory = Syscall.Open(Images, OpenFlags.ReadOnly | OpenFlags.Directory);
            return Syscall.FreeSpace(directory).Bytes + Cleared.Append(Staged).Select(Syscall.TryLStat)
                .Sum(file => file is { Links: 1 } removed ? removed.Allocated : 0);
        }
    }

    /// <summary>
    /// Switches to the new image, which takes a short time only. Before: <see cref="Transition"/> is complete and on the disk.
    /// </summary>
    /// <returns>A sentence that reports the result.</returns>
    public abstract string Commit();

    /// <summary>
    /// The switch to the staged image was interrupted after the image got its slot: only the rest is left to do. Until the end of a switch,
    /// the image keeps the name <see cref="Staged"/> too.
    /// </summary>
    internal bool IsStagedInSlot => Syscall.TryLStat(Staged) is { } staged && HasNewName((staged.Device, staged.Inode));

    /// <summary>A file has the name that a switch gives to the new image.</summary>
    /// <param name="image">Its device and inode; null: no file.</param>
    internal bool HasNewName((ulong Device, ulong Inode)? image) => image is not null && NewNames.Any(name => Is(name, image));

    /// <summary>Names that a switch gives to the new image.</summary>
    protected abstract IReadOnlyList<string> NewNames { get; }

    /// <summary>Stages the new image. Before: <see cref="Transition"/> is complete and on the disk.</summary>
    /// <param name="digest">SHA-256 of an image that has no seal; null: it has one.</param>
    internal void Stage(string? digest) => Change(() =>
    {
        // Before the name: a staged image without a seal always has its digest.
        if (digest is not null) StagedUpgrade.WriteDigest(Staged, digest);
        Syscall.Rename(Transition, Staged);
    });

    /// <summary>Before <see cref="Commit"/>: gives the staged image the name <see cref="Transition"/> too.</summary>
    internal void TakeStaged()
    {
        if (IsStagedInSlot) return;
        Clear();
        Change(() => Syscall.Link(Staged, Transition));
    }

    /// <returns>False: no image was staged.</returns>
    internal bool RemoveStaged()
    {
        var isStaged = Exists(Staged);
        Remove(Staged, StagedUpgrade.DigestOf(Staged));
        return isStaged;
    }

    protected void Remove(params IReadOnlyList<string> leftovers)
    {
        if (leftovers.Any(Exists))
        {
            Change(() =>
            {
                // On the disk, as GRUB sees it, the file to remove may still have the name of an image.
                Sync();
                foreach (var leftover in leftovers.Where(Exists))
                    Syscall.Unlink(leftover);
            });
        }
    }

    // Exchanges the names, so that no blocks are freed.
    protected static void Exchange(string from, string name)
    {
        if (Exists(name))
            Syscall.Exchange(from, name);
        else
            Syscall.Rename(from, name);
    }

    protected BootCounters Counters => BootStateFile.Read(block).Counters;

    protected bool HasKairosMenu => KairosMenu.IsOn(PathParts.ParentOf(Images));

    // Written in place, so the change never waits in the journal.
    protected void UpdateCounters(Func<BootCounters, BootCounters> change)
    {
        // Counters that nothing maintains would leave each image after three boots.
        if (!KairosMenu.IsWithoutCounters(PathParts.ParentOf(block))) BootStateFile.Update(block, before => change(before.Counters));
    }

    /// <summary>Makes the partition writable for one change. When this returns, the change is in its final place on the disk.</summary>
    // After a sync, ext4 has written everything to the places that GRUB reads. Freezing the file system would do the same, but if the
    // program died
    // before thawing it, the machine would hang. If the partition is normally read-only, mounting it read-only again also closes the
    // journal.
    public void Change(Action change) => MountedPartition.ChangeAt(Images, () =>
    {
        change();
        Sync();
    });

    private void Sync()
    {
        using var directory = Syscall.Open(Images, OpenFlags.ReadOnly | OpenFlags.Directory);
        Syscall.SyncFs(directory);
        // The first sync writes the blocks to their places but may leave them in the disk's cache, where later writes could overtake them:
        // the kernel
        // flushes the cache before it writes the journal's blocks to their places. The second sync flushes the cache. An fsync of a
        // directory without
        // changes would not.
        Syscall.SyncFs(directory);
    }

    /// <summary>Ids of the images in active and passive.</summary>
    internal IReadOnlyList<string> ImageIds() =>
        [.. new[] { Slot.Active, Slot.Passive }.Select(slot => partition + slot.Image()).Where(Exists).Select(Id)];

    protected static string Id(string image) => BootCounter.IdOf(ImageIdentity.Of(image));

    protected static bool Exists(string path) => Syscall.TryLStat(path) is not null;

    protected static bool Is(string path, (ulong Device, ulong Inode)? image) =>
        Syscall.TryLStat(path) is { } status && image == (status.Device, status.Inode);
}
