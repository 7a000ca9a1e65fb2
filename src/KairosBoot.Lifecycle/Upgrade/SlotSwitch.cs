using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>
/// A new image takes the place of another one on a mounted partition. At every instant, and whatever GRUB sees, which does not read the journal, a name leads to
/// a whole image or to none that anybody needs; no block of an image is free before the disk has the directory that does without it. An interrupted
/// turnover is done again from the start.
/// </summary>
/// <param name="partition">Where it is mounted; writable only while something changes.</param>
/// <param name="block">The boot counters.</param>
public abstract class SlotSwitch(string partition, string block)
{
    /// <summary>Directory of the images.</summary>
    protected string Images { get; } = partition + "/cOS";

    /// <summary>Where the new image is to be written.</summary>
    public string Transition { get; } = partition + "/cOS/transition.img";

    /// <summary>Whether there is a place for a new image at all.</summary>
    /// <exception cref="OperatorException">There is none.</exception>
    public virtual void Check()
    {
    }

    /// <summary>Removes what an interrupted one has left.</summary>
    public abstract void Clear();

    /// <summary>The turnover itself; it takes no time worth mentioning. Before: <see cref="Transition"/> is complete and on the disk.</summary>
    /// <returns>What has become of the images, in words.</returns>
    public abstract string Commit();

    protected void Remove(params IReadOnlyList<string> leftovers)
    {
        if (leftovers.Any(IsThere))
        {
            Change(() =>
            {
                // What is about to be freed may still be under the name of an image for GRUB.
                Sync();
                foreach (var leftover in leftovers.Where(IsThere))
                    Syscall.Unlink(leftover);
            });
        }
    }

    // What was under a name goes to the other one: nothing is freed.
    protected static void Exchange(string from, string name)
    {
        if (IsThere(name))
            Syscall.Exchange(from, name);
        else
            Syscall.Rename(from, name);
    }

    protected BootCounters Counters => BootStateFile.Read(block).Counters;

    // Written in place: never in the journal.
    protected void Count(Func<BootCounters, BootCounters> change) => BootStateFile.Update(block, before => change(before.Counters));

    /// <summary>Makes the partition writable for one change, which is in its place on the disk when this returns.</summary>
    // Synchronised, ext4 has written everything where GRUB looks for it. Frozen file systems would be the other way: a program that dies before it thaws
    // them stops the machine. Where the partition is mounted read-only, as it should be, the return to that closes the journal too.
    public void Change(Action change) => MountedPartition.ChangeAt(Images, () =>
    {
        change();
        Sync();
    });

    private void Sync()
    {
        using var directory = Syscall.Open(Images, OpenFlags.ReadOnly | OpenFlags.Directory);
        Syscall.SyncFs(directory);
        // What is in its place by now may still be in the disk's cache: what is written next must not get ahead of it. Again, as the kernel flushes that
        // cache before it writes the journal's blocks to their places, and for the fsync of a directory that has nothing new not at all.
        Syscall.SyncFs(directory);
    }

    protected static string Id(string image) => BootCounter.IdOf(ImageIdentity.Of(image));

    protected static bool IsThere(string path) => Syscall.TryLStat(path) is not null;

    protected static bool Is(string path, (ulong Device, ulong Inode)? image) => Syscall.TryLStat(path) is { } status && image == (status.Device, status.Inode);
}
