namespace KairosBoot.Boot.Tests;

/// <summary>When GRUB waits for a key, and when it shows its menu.</summary>
public sealed class BootMenuTests
{
    private const string Menu = "GNU GRUB", Ready = BusyboxRoot.Ready;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(240);

    [Fact]
    public void After_a_good_boot_grub_does_not_wait_and_shows_its_menu_on_demand()
    {
        using GrubDisk disk = new(UpgradeImages.First);
        QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "boot-menu", Disks = [disk.File] });
        try
        {
            // The first boot of a disk: GRUB counts down.
            machine.Console.Expect(Limit, "0s");
            machine = Restarted(machine, "kboot assess good");
            machine.Console.Expect(Limit, Ready);
            Assert.DoesNotContain("0s", machine.Console.Text, StringComparison.Ordinal);

            // This boot is not reported good.
            machine = Restarted(machine, "true");
            machine.Console.Expect(Limit, "0s");
            Assert.DoesNotContain(Menu, machine.Console.Text, StringComparison.Ordinal);

            machine = Restarted(machine, "kboot assess good && kboot select --menu");
            machine.Console.Expect(Limit, Menu);
            machine.Press("ret");
            Assert.Equal("0", GuestShell.OfBusybox(machine).Run("grep -c show_menu /run/initramfs/cos-state/bootstate || true"));

            machine = Restarted(machine, "kboot assess good");
            while (!machine.Console.Text.Contains(Menu, StringComparison.Ordinal))
            {
                machine.Press("esc");
                Thread.Sleep(100);
                Assert.DoesNotContain(Ready, machine.Console.Text, StringComparison.Ordinal);
            }

            machine.Press("ret");
            machine.Console.Expect(Limit, Ready);
        }
        finally
        {
            machine.Dispose();
        }
    }

    private static QemuMachine Restarted(QemuMachine machine, string command)
    {
        GuestShell shell = GuestShell.OfBusybox(machine);
        shell.Run(command);
        shell.Leave("reboot -f -n");
        machine.ExpectEnd(Limit);
        return machine.SwitchOnAgain();
    }
}
