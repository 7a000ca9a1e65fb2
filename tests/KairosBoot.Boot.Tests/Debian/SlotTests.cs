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
    public void The_machine_is_the_same_in_active_passive_and_recovery()
    {
        // disk: the demo Debian's, COS_STATE: /cOS/active.img /cOS/passive.img
        using QemuMachine active = QemuMachine.Start(new MachineSpec
        {
            Name = "identity",
            Disks = [Assets.DebianDisk],
            MemoryMiB = 1024,
            CommandLine = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=5",
        });
        GuestShell shell = GuestShell.LogIn(active);
        string id = shell.Run("cat /etc/machine-id");
        shell.Run("for i in $(seq 60); do test -s /etc/ssh/ssh_host_ed25519_key.pub && break; sleep 1; done");
        string hostKey = shell.Run("cat /etc/ssh/ssh_host_ed25519_key.pub");
        shell.Leave("systemctl poweroff");
        active.ExpectEnd(TimeSpan.FromSeconds(120));

        using QemuMachine passive = active.SwitchOnAgain("cos-img/filename=/cOS/passive.img root=LABEL=COS_PASSIVE panic=5");
        shell = GuestShell.LogIn(passive);
        Assert.EndsWith("/cOS/passive.img", shell.Run("losetup -n -O BACK-FILE $(findmnt -n -o SOURCE /)"), StringComparison.Ordinal);
        Assert.Equal("passive_mode", shell.Run("cd /run/cos; ls *_mode"));
        Assert.Equal("COS_PERSISTENT", shell.Run("findmnt -n -o LABEL -M /usr/local"));
        Assert.Equal(id, shell.Run("cat /etc/machine-id"));
        Assert.Equal(hostKey, shell.Run("cat /etc/ssh/ssh_host_ed25519_key.pub"));
        shell.Leave("systemctl poweroff");
        passive.ExpectEnd(TimeSpan.FromSeconds(120));

        using QemuMachine recovery = passive.SwitchOnAgain("cos-img/filename=/cOS/recovery.squashfs root=LABEL=COS_RECOVERY panic=5");
        shell = GuestShell.LogIn(recovery);
        Assert.Equal("recovery_mode", shell.Run("cd /run/cos; ls *_mode"));
        Assert.Equal(id, shell.Run("cat /etc/machine-id"));
    }
}
