using KairosBoot.Linux.Tests.Stages;

namespace KairosBoot.Linux.Tests.Install;

/// <summary>A disk in use is not changed, and the message names its user.</summary>
public sealed class DiskInUseTests
{
    [Fact]
    public void A_disk_with_a_mount_a_swap_or_a_mapping_is_refused() => On(machine =>
    {
        var (disk, place) = (machine.Disk, machine.Scratch + "/mount");
        Directory.CreateDirectory(place);
        MountNamespace.Tool("mke2fs", "-q", "-F", disk.Partition(1));
        Syscall.Mount(disk.Partition(1), place, "ext4", MountFlags.ReadOnly, "");
        Assert.Contains($"{disk.Partition(1)} is mounted at {place}", machine.Refused("--force"));
        Assert.Contains("is mounted", machine.Refused("--dry-run"));
        Syscall.Umount(place);

        MountNamespace.Tool("mkswap", disk.Partition(2));
        MountNamespace.Tool("swapon", disk.Partition(2));
        try { Assert.Contains($"{disk.Partition(2)} is swap", machine.Refused("--force")); }
        finally { MountNamespace.Tool("swapoff", disk.Partition(2)); }

        var loop = MountNamespace.Tool("losetup", "--find", "--show", disk.Partition(2)).Trim();
        try { Assert.Contains($"{disk.Partition(2)} is attached to {loop}", machine.Refused("--force")); }
        finally { MountNamespace.Tool("losetup", "--detach", loop); }
    });

    [Fact]
    public void A_disk_in_invisible_use_is_refused() => On(machine =>
    {
        using (Syscall.Open(machine.Disk.Partition(2), OpenFlags.ReadOnly | OpenFlags.Exclusive))
            Assert.Contains("in use, but by nothing that is visible here", machine.Refused("--force"));
        using (Syscall.Open(machine.Disk.Partition(2), OpenFlags.ReadOnly))
        {
            var errors = machine.Install("--force").Errors;
            // Skipped on a kernel that does not scan loop devices for partitions.
            if (errors.Length > 0) Assert.Contains("one of its partitions open", errors);
        }
    });

    [Fact]
    public void A_disk_that_another_program_has_locked_is_refused() => On(machine =>
    {
        using var node = Syscall.Open(machine.Disk.Node, OpenFlags.ReadOnly);
        Syscall.Lock(node);
        Assert.Contains("another program has locked", machine.Refused("--force"));
    });

    [Fact]
    public void Read_only_small_and_missing_disks_are_refused() => On(machine =>
    {
        var disk = machine.Disk;
        MountNamespace.Tool("blockdev", "--setro", disk.Node);
        try { Assert.Contains("is read-only", machine.Refused("--force")); }
        finally { MountNamespace.Tool("blockdev", "--setrw", disk.Node); }

        string Errors(string device) => KBoot.Run("install", "--device", device, "--image", machine.Image, "--force").Errors;
        Assert.Contains($"is a partition of {disk.Node}", Errors(disk.Partition(1)));
        Assert.Contains("is not a block device", Errors(machine.Image));
        Assert.Contains("does not exist", Errors("/dev/nosuch"));
        Assert.Contains("matches no disk", Errors("LABEL=NOSUCH"));
        Assert.Contains("is too small", machine.Refused("--force", "--size-state", "2G"));
    });

    [Fact]
    public void A_link_to_a_disk_is_followed() => On(machine =>
    {
        File.CreateSymbolicLink(machine.Scratch + "/by-id", machine.Disk.Node);
        var (code, output, errors) = KBoot.Run("install", "--device", machine.Scratch + "/by-id", "--image", machine.Image, "--dry-run");
        Assert.True(code == 0, errors);
        Assert.Contains($"on {machine.Disk.Node}", output);
    });

    // A disk with two partitions that the kernel knows.
    private static void On(Action<InstallMachine> body) => InstallMachine.On(machine =>
    {
        MountNamespace.Tool("sgdisk", "-n", "1:1M:+32M", "-n", "2:40M:+32M", machine.Disk.Node);
        machine.Appear();
        body(machine);
    });
}
