using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>
/// Installs a system on a disk of this machine. If it is interrupted, the disk does not boot, and the next installation needs no --force.
/// </summary>
public sealed class DiskInstaller : IDisposable
{
    private readonly InstallDisk disk;
    private readonly TemporaryDirectory scratch;
    private readonly DiskContent content;

    /// <summary>Checks that the installation is possible. Writes nothing.</summary>
    /// <param name="request">The content. Its size is ignored: the size is that of the disk.</param>
    /// <param name="disk">The disk to install on.</param>
    /// <param name="cancellationToken">Ends the checks and the installation.</param>
    /// <exception cref="OperatorException">The disk is in use or too small, an image cannot be booted, a program is missing.</exception>
    public DiskInstaller(DiskRequest request, InstallDisk disk, CancellationToken cancellationToken)
    {
        this.disk = disk;
        CheckUse();
        Tool.MakeExt4.Require();
        Tool.DebugFs.Require();
        scratch = new TemporaryDirectory(nextTo: $"/run/kairosboot-install.{disk.Name}", cancellationToken);
        try
        {
            content = new DiskContent(request with { SizeBytes = disk.SizeBytes }, $"{disk.Node} with", scratch);
        }
        catch
        {
            scratch.Dispose();
            throw;
        }
    }

    public DiskLayout Layout => content.Layout;

    /// <summary>Erases and writes the disk.</summary>
    /// <param name="progress">Gets the name of what is being written.</param>
    /// <returns>False: the disk is complete, but the kernel still uses the old partition table.</returns>
    /// <exception cref="OperatorException">The disk has come into use since the checks.</exception>
    /// <exception cref="OperationCanceledException">Cancelled: the disk is unchanged or incomplete.</exception>
    public bool Install(Action<string> progress)
    {
        scratch.Interrupt.ThrowIfCancellationRequested();
        using var node = Syscall.Open(disk.Node, OpenFlags.ReadWrite);

        // udev ignores a disk while it is locked (systemd: BLOCK_DEVICE_LOCKING).
        if (!Syscall.TryLock(node))
            throw new OperatorException($"another program has locked {disk.Node}", "wait until it ends");
        CheckUse();

        // Before the old table is erased: only the kernel knows whether a program has a partition open.
        if (KernelPartitions.TryReread(node) == Errno.EBUSY)
        {
            throw new OperatorException($"a program has {disk.Node} or one of its partitions open",
                $"find and stop the program: fuser -v {disk.Node}*");
        }

        using (var target = new DiskTarget(disk.Node, disk.SizeBytes, disk.BlockSize, isBlank: false))
        {
            EraseTables(target);
            KernelPartitions.TryReread(node);
            new DiskWriter(target, content, DiskInputs.Random(), DateTimeOffset.UtcNow.ToUnixTimeSeconds(), scratch, progress).Write();
        }

        return KernelPartitions.TryReread(node) != Errno.EBUSY;
    }

    public void Dispose() => scratch.Dispose();

    // Erases the old partition table and its copy, which makes the old content unreachable.
    private static void EraseTables(DiskTarget target)
    {
        target.Write(0, IncompleteInstallMark.Write(target.BlockSize));
        target.Flush();
        target.ClearEnds(target.BlockSize, target.SizeBytes - target.BlockSize);
        target.Flush();
    }

    private void CheckUse()
    {
        var uses = DiskUse.Of(disk.Name);
        if (uses.Count > 0)
        {
            throw new OperatorException($"{disk.Node} is in use: {string.Join("; ", uses)}",
                "choose another disk, or stop these uses first");
        }

        if (DiskUse.IsReadOnly(disk.Name))
        {
            throw new OperatorException($"{disk.Node} is read-only",
                $"run blockdev --setrw {disk.Node}, or move the write-protect switch of the device");
        }

        if (DiskUse.IsClaimed(disk.Name))
        {
            throw new OperatorException($"{disk.Node} is in use, but by nothing that is visible here",
                "look for a container that mounts it: lsblk, and findmnt in the container");
        }
    }
}
