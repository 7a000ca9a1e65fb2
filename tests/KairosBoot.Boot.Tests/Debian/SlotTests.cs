namespace KairosBoot.Boot.Tests;

/// <summary>The other slots of the demo disk.</summary>
public sealed class SlotTests
{
    [Fact]
    public void Recovery_boots_from_its_squashfs_and_leaves_persistent_data_alone()
    {
        // disk: the demo Debian's, COS_RECOVERY: /cOS/recovery.squashfs
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "recovery",
            Disks = [Assets.DebianDisk],
            MemoryMiB = 1024,
            CommandLine = "cos-img/filename=/cOS/recovery.squashfs root=LABEL=COS_RECOVERY kairosboot.slot=recovery panic=5",
        });
        GuestShell shell = GuestShell.LogIn(machine);
        Assert.Equal("squashfs", shell.Run("findmnt -n -o FSTYPE /"));
        Assert.Equal("recovery_mode", shell.Run("cd /run/cos; ls *_mode"));
        Assert.Equal("COS_RECOVERY", shell.Run("findmnt -n -o LABEL /run/initramfs/cos-state"));
        Assert.Equal("", shell.Run("findmnt -n -o TARGET -S LABEL=COS_PERSISTENT || :"));
        Assert.Equal("overlay", shell.Run("findmnt -n -o FSTYPE -M /etc"));
        Assert.NotEqual(0, shell.Try("touch /usr/written").Status);
        // The machine is itself in recovery too: OEM holds a copy of its identity.
        Assert.Equal(shell.Run("cat /oem/machine-id"), shell.Run("cat /etc/machine-id"));
        Assert.Equal("running", shell.Try("timeout 100 systemctl is-system-running --wait").Output);
    }

    [Fact]
    public void Passive_boots_from_its_own_image()
    {
        // disk: the demo Debian's, COS_STATE: /cOS/passive.img
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "passive",
            Disks = [Assets.DebianDisk],
            MemoryMiB = 1024,
            CommandLine = "cos-img/filename=/cOS/passive.img root=LABEL=COS_PASSIVE panic=5",
        });
        GuestShell shell = GuestShell.LogIn(machine);
        Assert.EndsWith("/cOS/passive.img", shell.Run("losetup -n -O BACK-FILE $(findmnt -n -o SOURCE /)"), StringComparison.Ordinal);
        Assert.Equal("passive_mode", shell.Run("cd /run/cos; ls *_mode"));
        Assert.Equal("COS_PERSISTENT", shell.Run("findmnt -n -o LABEL -M /usr/local"));
    }
}
