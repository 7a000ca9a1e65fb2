namespace KairosBoot.Boot.Tests;

/// <summary>When GRUB waits for a key, and when it shows its menu.</summary>
public sealed class BootMenuTests
{
    private const string Menu = "GNU GRUB", Waits = "press ESC twice for the menu", Ready = BusyboxRoot.Ready;
    // It shares the boot: what a user who is not root sees.
    private const string StatusOfUser = "mkdir -p /oem/kairosboot && : >/oem/kairosboot/failed-boots.reported && " +
        "chmod 640 /oem/kairosboot/failed-boots.reported && echo nobody:x:65534:65534::/:/bin/sh >>/etc/passwd && " +
        "su nobody -c 'kboot status' >/run/seen && " +
        "grep '^running: active, verdict [a-z]*, image [0-9a-f]*$' /run/seen && grep '^system: .*built 20' /run/seen && " +
        "grep '^active *[0-9] *no *running, next' /run/seen";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    [Fact]
    public void After_a_good_boot_grub_does_not_wait_and_shows_its_menu_on_demand()
    {
        using GrubDisk disk = new(UpgradeImages.First);
        QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "boot-menu", Disks = [disk.File] });
        try
        {
            // The first boot of a disk: GRUB waits. Noise on the serial line: letters, the cursor key, and ESC once.
            machine.Console.Expect(Limit, Waits);
            machine.Console.Send("a\u0000b\u001b[Ac\u001b");
            machine.Console.Expect(Limit, Ready);
            Assert.DoesNotContain(Menu, machine.Console.Text, StringComparison.Ordinal);
            machine.Console.Send("\r");
            machine = Restarted(machine, $"{StatusOfUser} && kboot assess good");
            machine.Console.Expect(Limit, Ready);
            Assert.DoesNotContain(Waits, machine.Console.Text, StringComparison.Ordinal);

            // This boot is not reported good.
            machine = Restarted(machine, "true");
            machine.Console.Expect(Limit, Waits);
            PressUntilMenu(machine, () => machine.Console.Send("\u001b"));
            // The editor of an entry, with the keys of Emacs: three lines down, to the end, one character back; Ctrl-X boots.
            machine.Console.Send("e");
            machine.Console.Expect(Limit, "set typed=");
            machine.Console.Send("\u000e\u000e\u000e\u0005\u0002typed.once=1\u0018");
            machine.Console.Expect(Limit, Ready);

            machine = Restarted(machine, "grep ' typed.once=1' /proc/cmdline && kboot assess good && kboot select --menu");
            machine.Console.Expect(Limit, Menu);
            machine.Press("ret");
            machine.Console.Expect(Limit, Ready);
            machine = Restarted(machine, "! grep show_menu /run/initramfs/cos-state/bootstate && kboot assess good");
            PressUntilMenu(machine, () => machine.Press("esc"));
            machine.Press("ret");
            machine.Console.Expect(Limit, Ready);
        }
        finally
        {
            machine.Dispose();
        }
    }

    private static void PressUntilMenu(QemuMachine machine, Action press)
    {
        while (!machine.Console.Text.Contains(Menu, StringComparison.Ordinal))
        {
            press();
            Thread.Sleep(100);
            Assert.DoesNotContain(Ready, machine.Console.Text, StringComparison.Ordinal);
        }
    }

    private static QemuMachine Restarted(QemuMachine machine, string command)
    {
        GuestShell shell = GuestShell.OfReadyBusybox(machine);
        shell.Run(command);
        shell.Leave("reboot -f -n");
        machine.ExpectEnd(Limit);
        return machine.SwitchOnAgain();
    }
}
