using KairosBoot.Execution;
using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>Makes the file system of a partition anew: empty, with the label that it is found by.</summary>
internal sealed class PartitionReset
{
    private readonly BlockDevice device;
    private readonly string label;

    /// <summary>Takes it out of use.</summary>
    /// <exception cref="OperatorException">There is none, or something uses it.</exception>
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

    /// <summary>What was on it is gone.</summary>
    internal void Format(CancellationToken cancellationToken) => Tool.MakeExt4.Run(
        new ToolArguments().Options("-q", "-F", "-t", "ext4", "-b", "4096", "-m", "0").Option("-L", VolumeLabel.Parse(label).Text).Options("-O", DiskWriter.Features)
            .Path(DeviceNode.Parse(device.Node).Path), cancellationToken);
}
