using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>
/// Puts a system on a disk of this machine. Interrupted at any point, the disk boots nothing, and the next installation needs not be forced.
/// </summary>
public sealed class DiskInstaller : IDisposable
{
    private readonly InstallDisk disk;
    private readonly TemporaryDirectory scratch;
    private readonly DiskContent content;

    /// <summary>Looks whether it can be done; nothing is written.</summary>
    /// <param name="request">Without a size, which is the disk's.</param>
    /// <param name="disk">Where to.</param>
    /// <param name="cancellationToken">Ends this and what follows.</param>
    /// <exception cref="OperatorException">The disk is in use or too small, an image cannot be booted, a program is missing.</exception>
    public DiskInstaller(DiskRequest request, InstallDisk disk, CancellationToken cancellationToken)
    {
        this.disk = disk;
        CheckUse();
        Tool.MakeExt4.Require();
        Tool.DebugFs.Require();
        scratch = new TemporaryDirectory(beside: $"/run/kairosboot-install.{disk.Name}", cancellationToken);
        try
        {
            content = new DiskContent(request with { SizeBytes = disk.SizeBytes }, $"{disk.Node} with", GrubFiles.Find(scratch), cancellationToken);
        }
        catch
        {
            scratch.Dispose();
            throw;
        }
    }

    public DiskLayout Layout => content.Layout;

    /// <summary>Makes the disk anew, whatever is on it.</summary>
    /// <param name="progress">Gets what is being written.</param>
    /// <returns>False: all is written, but the kernel still goes by the old table.</returns>
    /// <exception cref="OperatorException">Somebody uses the disk by now.</exception>
    /// <exception cref="OperationCanceledException">The cancellationToken came: the disk is unfinished, or as it was.</exception>
    public bool Install(Action<string> progress)
    {
        scratch.Interrupt.ThrowIfCancellationRequested();
        using var node = Syscall.Open(disk.Node, OpenFlags.ReadWrite);

        // As everybody does who changes a whole disk: udev leaves it alone as long (systemd: BLOCK_DEVICE_LOCKING).
        if (!Syscall.TryLock(node))
            throw new OperatorException($"another program has locked {disk.Node}", "wait until it ends");
        CheckUse();

        // While the table is still there: the kernel finds out what nobody else sees, a program that has a partition open.
        if (KernelPartitions.TryReread(node) == Errno.EBUSY)
            throw new OperatorException($"a program has {disk.Node} or one of its partitions open", $"find and stop the program: fuser -v {disk.Node}*");
        using (var target = new DiskTarget(disk.Node, disk.SizeBytes, disk.BlockSize, isBlank: false))
        {
            Begin(target);
            KernelPartitions.TryReread(node);
            new DiskWriter(target, content, DiskInputs.Random(), DateTimeOffset.UtcNow.ToUnixTimeSeconds(), scratch, progress).Write();
        }

        return KernelPartitions.TryReread(node) != Errno.EBUSY;
    }

    public void Dispose() => scratch.Dispose();

    // The old table, its copy at the end, and with them everything that was on the disk.
    private static void Begin(DiskTarget target)
    {
        target.Write(0, UnfinishedMark.Write(target.BlockSize));
        target.Flush();
        target.ClearEnds(target.BlockSize, target.SizeBytes - target.BlockSize);
        target.Flush();
    }

    private void CheckUse()
    {
        var uses = DiskUse.Of(disk.Name);
        if (uses.Count > 0)
            throw new OperatorException($"{disk.Node} is in use: {string.Join("; ", uses)}", "choose another disk, or stop these uses first");
        if (DiskUse.IsReadOnly(disk.Name))
            throw new OperatorException($"{disk.Node} is read-only", $"run blockdev --setrw {disk.Node}, or move the write-protect switch of the device");
        if (DiskUse.IsClaimed(disk.Name))
            throw new OperatorException($"{disk.Node} is in use, but by nothing that is visible here", "look for a container that mounts it: lsblk, and findmnt in the container");
    }
}
