namespace KairosBoot.Boot.Tests;

/// <summary>A machine's own kernel arguments: on trial at the next boot, and there to stay when that one was good.</summary>
public sealed class KargsTests
{
    [Fact]
    public void An_argument_is_on_trial_at_the_next_boot_and_stays_when_that_reports_good()
    {
        // disk: as kboot builds it
        using GrubDisk disk = new();
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "kargs", Disks = [disk.File] });
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.DoesNotContain("kairosboot.kargs", shell.Run("cat /proc/cmdline"), StringComparison.Ordinal);
        Assert.Contains("pending: ", shell.Run("kboot kargs add fleet=north"), StringComparison.Ordinal);
        // What GRUB is to see next is on the disk, and COS_STATE is read-only as before.
        Assert.NotEqual(0, shell.Try("touch /run/initramfs/cos-state/written").Status);

        // The plug is pulled.
        using QemuMachine next = machine.SwitchOnAgain();
        shell = GuestShell.OfBusybox(next);
        Assert.EndsWith(" kairosboot.kargs=1/ fleet=north", shell.Run("cat /proc/cmdline"), StringComparison.Ordinal);
        Assert.Equal("active is good; the pending kernel arguments are now permanent", shell.Run("kboot assess good"));
        Assert.Equal("for        arguments\nall        fleet=north", shell.Run("kboot kargs"));
    }
}
