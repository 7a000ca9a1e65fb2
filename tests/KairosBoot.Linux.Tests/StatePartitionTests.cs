using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

public sealed class StatePartitionTests
{
    [Fact]
    public void On_another_system_COS_STATE_must_be_specified() => MountNamespace.Run(_ =>
    {
        var failure = Assert.Throws<OperatorException>(() => StatePartition.Find());
        Assert.Contains("kairos-boot did not start this system", failure.Problem);
        Assert.Contains("--state", failure.Fix);
    });

    [Fact]
    public void Recovery_mounts_COS_STATE_to_change_the_counters() => MountNamespace.Run(scratch =>
    {
        Syscall.Mount("tmpfs", "/run", "tmpfs", MountFlags.None, "");
        MountNamespace.Tool("mke2fs", "-q", "-F", "-t", "ext4", scratch + "/part", "8M");
        using var device = LoopDevice.Attach(scratch + "/part", readOnly: false);
        string place;
        using (var state = StatePartition.Mount(new BlockDevice(Path.GetFileName(device.Path), "loop", 1, 8 << 20)))
        {
            place = state.Path;
            Assert.Equal("ro,nosuid,nodev,noexec,relatime", MountTable.Read().Single(mount => mount.MountPoint == place).Options);
            BootStateFile.Update(place + SystemPaths.BootState, _ => new BootCounters { Once = Slot.Active });
            Assert.Equal("ro,nosuid,nodev,noexec,relatime", MountTable.Read().Single(mount => mount.MountPoint == place).Options);
            Assert.Equal(Slot.Active, BootStateFile.Read(place + SystemPaths.BootState).Counters.Once);
        }
        Assert.DoesNotContain(MountTable.Read(), mount => mount.MountPoint == place);
        Assert.Empty(Directory.GetDirectories("/run/kairosboot"));
    });
}
