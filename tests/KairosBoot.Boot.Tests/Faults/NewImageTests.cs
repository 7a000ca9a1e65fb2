namespace KairosBoot.Boot.Tests;

/// <summary>The counters belong to images, not to slots.</summary>
public sealed class NewImageTests
{
    // The system in passive replaces active.img with new.img.
    private const string Repair =
        """
        state=/run/initramfs/cos-state
        if [ -e $state/cOS/new.img ]; then mount -o remount,rw $state; mv $state/cOS/new.img $state/cOS/active.img; sync; mount -o remount,ro $state; fi

        """;

    [Fact]
    public void A_new_image_in_active_after_a_failure_starts_with_full_tries()
    {
        // disk: as kboot builds it, and new.img; active never reports good and has one try left
        using GrubDisk disk = new(new GrubDisk.Kind { Init = Repair + Settled.Init, KernelArguments = "panic=1" });
        disk.Replace("/cOS/active.img", disk.ChangedInit("echo b > /proc/sysrq-trigger\n"));
        disk.Replace("/cOS/new.img", disk.Content());
        disk.Replace("/bootstate", GrubDisk.Block("active_left=1\n"));
        QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "new-image", Disks = [disk.File] });
        try
        {
            Settled settled = Settled.After(ref machine);
            Assert.Equal(("active passive", "0 2 3"), (settled.Boots, settled.Tries));
            // GRUB does not compare images; the system that it starts does.
            machine = machine.SwitchOnAgain();
            settled = Settled.After(ref machine);
            Assert.Equal(("passive", "3 2 3"), (settled.Boots, settled.Tries));
            machine = machine.SwitchOnAgain();
            settled = Settled.After(ref machine);
            Assert.Equal(("active", "2 3 3", "", "good"), (settled.Boots, settled.Tries, settled.GivenUp, settled.Verdict));
        }
        finally
        {
            machine.Dispose();
        }
    }
}
