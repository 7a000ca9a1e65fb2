using KairosBoot.Execution;
using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>Replaces the file system of a partition by an empty one with the same label.</summary>
internal sealed class PartitionReset
{
    private readonly BlockDevice device;
    private readonly string label;

    /// <summary>Finds the partition and unmounts it.</summary>
    /// <exception cref="OperatorException">There is no such partition, or it is in use.</exception>
    internal PartitionReset(string label)
    {
        (this.label, device) = (label, StatePartition.FindDevice("", label));
        foreach (var mount in MountTable.Read().Where(mount => mount.Source == device.Node).Reverse())
        {
            try
            {
                Syscall.Umount(mount.MountPoint);
            }
            catch (SyscallException failure)
            {
                throw new OperatorException($"{label} ({device.Node}) is in use at {mount.MountPoint}: {failure.Message}", $"stop the programs that use it (fuser -m {mount.MountPoint}) and run kboot reset again; no file system was changed");
            }
        }
    }

    /// <summary>Erases the partition.</summary>
    internal void Format(CancellationToken cancellationToken) => Tool.MakeExt4.Run(
        new ToolArguments().Options("-q", "-F", "-t", "ext4", "-b", "4096", "-m", "0").Option("-L", VolumeLabel.Parse(label).Text).Options("-O", DiskWriter.Features)
            .Path(DeviceNode.Parse(device.Node).Path), cancellationToken);
}
