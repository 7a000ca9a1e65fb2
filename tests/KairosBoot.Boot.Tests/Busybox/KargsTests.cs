namespace KairosBoot.Boot.Tests;

/// <summary>Kernel arguments of a machine: pending in the next boot, and kept if that boot is good.</summary>
public sealed class KargsTests
{
    [Fact]
    public void A_kernel_argument_is_pending_until_a_boot_with_it_is_good()
    {
        // disk: as kboot builds it
        using GrubDisk disk = new();
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "kargs", Disks = [disk.File] });
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.DoesNotContain("kairosboot.kargs", shell.Run("cat /proc/cmdline"), StringComparison.Ordinal);
        Assert.Contains("pending: ", shell.Run("kboot kargs add fleet=north"), StringComparison.Ordinal);
        // The arguments for GRUB are on the disk, and COS_STATE is read-only again.
        Assert.NotEqual(0, shell.Try("touch /run/initramfs/cos-state/written").Status);

        // Power is lost.
        using QemuMachine next = machine.SwitchOnAgain();
        shell = GuestShell.OfBusybox(next);
        Assert.EndsWith(" kairosboot.kargs=1/ fleet=north", shell.Run("cat /proc/cmdline"), StringComparison.Ordinal);
        Assert.Equal("active is good; the pending kernel arguments are now permanent", shell.Run("kboot assess good"));
        Assert.Equal("for        arguments\nall        fleet=north", shell.Run("kboot kargs"));
    }
}
