using System.Security.Cryptography;
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

    [Theory]
    [InlineData("ext4")]
    [InlineData("xfs")]
    public void The_counters_of_a_foreign_disk_are_read_without_a_write(string type) => MountNamespace.Run(scratch =>
    {
        Syscall.Mount("tmpfs", "/run", "tmpfs", MountFlags.None, "");
        var part = scratch + "/part";
        if (type == "ext4") MountNamespace.Tool("mke2fs", "-q", "-F", "-t", "ext4", part, "16M");
        else MountNamespace.Tool("mkfs.xfs", "-q", "-d", $"file,name={part},size=300m");
        var counters = new BootCounters { Once = Slot.Passive, BootId = "00112233445566778899aabbccddeeff" };
        using (var device = LoopDevice.Attach(part, readOnly: false))
        using (var state = StatePartition.Mount(Device(device.Path, type)))
            BootStateFile.Update(state.Path + SystemPaths.BootState, _ => counters);
        // Mounting it read-only would replay the journal, and clear this flag.
        if (type == "ext4") MountNamespace.Tool("debugfs", "-w", "-R", "feature needs_recovery", part);
        var before = SHA256.HashData(File.ReadAllBytes(part));

        using (var device = LoopDevice.Attach(part, readOnly: false))
            Assert.Equal(counters, StatePartition.ReadCountersUntouched(Device(device.Path, type), new KernelModules()).Counters);
        Assert.Equal(before, SHA256.HashData(File.ReadAllBytes(part)));
        Assert.DoesNotContain(MountTable.Read(), mount => mount.MountPoint.StartsWith("/run/kairosboot/", StringComparison.Ordinal));
    });

    [Fact]
    public void A_foreign_file_system_that_cannot_be_left_unchanged_is_not_read()
    {
        var device = new BlockDevice("sdx5", "sdx", 5, 1) { Superblock = new("btrfs", null, null, 0) };
        Assert.Equal("cannot be read on /dev/sdx5 without writing to it",
            StatePartition.ReadCountersUntouched(device, new KernelModules()).Problem);
    }

    private static BlockDevice Device(string node, string type) =>
        new(Path.GetFileName(node), "loop", 1, 8 << 20) { Superblock = new(type, null, null, 0) };
}
