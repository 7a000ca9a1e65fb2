using System.Globalization;

namespace KairosBoot.Boot.Tests;

/// <summary>What a machine keeps when it reboots while it is busy, and when it changes to passive and to recovery.</summary>
public sealed class RebootTests
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(180);

    // Each costs a minute in emulation. --all: 20. Any number: KAIROSBOOT_REBOOTS=20.
    private static readonly int Reboots = Environment.GetEnvironmentVariable("KAIROSBOOT_REBOOTS") is { Length: > 0 } wanted
        ? int.Parse(wanted, CultureInfo.InvariantCulture)
        : 1;

    // They write in every place that persists until systemd stops the service. One writer of each pair ends at SIGTERM, the other must be
    // killed.
    // Nice, because the shutdown runs on the same emulated processor.
    private const string Writers =
        """
        mkdir -p /run/systemd/system
        cat > /run/writer <<'END'
        #!/bin/sh
        for place in /var/log /home /usr/local /srv; do
            (trap '' TERM HUP INT; while :; do echo more >> $place/written; sleep 0.1; done) &
            (while :; do date > $place/renamed.new; mv $place/renamed.new $place/renamed; sleep 0.1; done) &
        done
        wait
        END
        printf '[Service]\nExecStart=/bin/sh /run/writer\nTimeoutStopSec=2\nNice=19\n' > /run/systemd/system/writer.service
        systemctl daemon-reload
        systemctl start writer.service
        """;

    [Fact]
    public void Busy_reboots_are_clean_and_every_slot_keeps_the_identity()
    {
        // disk: the demo Debian's; through the BIOS and GRUB at first, passive and recovery with -kernel
        QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "reboot", Disks = [Assets.DebianDisk], MemoryMiB = 1024 });
        try
        {
            GuestShell shell = GuestShell.LogIn(machine);
            shell.Run("touch /etc/gone /var/gone /srv/gone");
            shell.Run("touch /usr/local/kept /var/log/kept /home/kairos/kept /etc/ssh/kept /oem/kept");
            Assert.Matches("^[0-9a-f]{32}$", shell.Run("cat /etc/machine-id"));
            shell.Run("for i in $(seq 60); do test -s /etc/ssh/ssh_host_ed25519_key.pub && break; sleep 1; done");
            string identity = Identity(shell);

            for (int i = 1; i <= Reboots; i++)
            {
                RebootBusy(machine, shell);
                machine = machine.SwitchOnAgain();
                shell = GuestShell.LogIn(machine);
                AssertKept(shell);
                Assert.Equal(identity, Identity(shell));
            }
            Figures.Add("reboots of a busy Debian", $"{Reboots}");
            PowerOff(machine, shell);

            machine = machine.SwitchOnAgain("cos-img/filename=/cOS/passive.img root=LABEL=COS_PASSIVE panic=5");
            shell = GuestShell.LogIn(machine);
            Assert.EndsWith("/cOS/passive.img", shell.Run("losetup -n -O BACK-FILE $(findmnt -n -o SOURCE /)"), StringComparison.Ordinal);
            Assert.Equal("passive_mode", shell.Run("cd /run/cos; ls *_mode"));
            Assert.Equal("COS_PERSISTENT", shell.Run("findmnt -n -o LABEL -M /usr/local"));
            Assert.Equal(identity, Identity(shell));
            PowerOff(machine, shell);

            machine = machine.SwitchOnAgain(
                "cos-img/filename=/cOS/recovery.squashfs root=LABEL=COS_RECOVERY kairosboot.slot=recovery panic=5");
            AssertRecovery(GuestShell.LogIn(machine), machineId: identity.Split('\n')[0]);
        }
        finally
        {
            machine.Dispose();
        }
    }

    private static string Identity(GuestShell shell) => shell.Run("cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub");

    /// <summary>Reboots while files are written. The image, its loop device and both partitions must be unmounted before the machine
    /// resets.</summary>
    private static void RebootBusy(QemuMachine machine, GuestShell shell)
    {
        shell.Run(Writers);
        shell.Run("until test -s /var/log/written && test -s /home/written && test -s /srv/written; do sleep 0.1; done");
        shell.Leave("dmesg -n 7; systemctl reboot");
        machine.ExpectEnd(EndLimit);
        ConsoleText.HoldsAll(machine.Console, "EXT4-fs (loop0): unmounting filesystem", "EXT4-fs (vda5): unmounting filesystem",
            "EXT4-fs (vda6): unmounting filesystem");
        foreach (string complaint in (string[])["Failed unmounting", "Failed to finalize", "could not be unmounted", "Failed to unmount"])
            Assert.DoesNotContain(complaint, machine.Console.Text, StringComparison.Ordinal);
    }

    private static void AssertKept(GuestShell shell)
    {
        foreach (string path in (string[])["/etc/gone", "/var/gone", "/srv/gone", "/srv/written"])
            shell.Run($"test ! -e {path}");
        foreach (string path in (string[])["/usr/local/kept", "/var/log/kept", "/home/kairos/kept", "/etc/ssh/kept", "/oem/kept"])
            shell.Run($"test -e {path}");
        // The shutdown before this boot left no journal to replay.
        Assert.Equal("", shell.Run("dmesg | grep -E 'recovery complete|recovering journal|orphan cleanup|mounting fs with errors' || :"));
        Assert.Equal("good", Report.Of(shell).GetProperty("verdict").GetString());
    }

    /// <summary>Recovery boots from its squashfs, does not mount COS_PERSISTENT, and has the identity from its copy on COS_OEM.</summary>
    private static void AssertRecovery(GuestShell shell, string machineId)
    {
        Assert.Equal("squashfs", shell.Run("findmnt -n -o FSTYPE /"));
        Assert.Equal("recovery_mode", shell.Run("cd /run/cos; ls *_mode"));
        Assert.Equal("COS_RECOVERY", shell.Run("findmnt -n -o LABEL /run/initramfs/cos-state"));
        Assert.Equal("", shell.Run("findmnt -n -o TARGET -S LABEL=COS_PERSISTENT || :"));
        Assert.Equal("overlay", shell.Run("findmnt -n -o FSTYPE -M /etc"));
        Assert.NotEqual(0, shell.Try("touch /usr/written").Status);
        Assert.Equal(machineId, shell.Run("cat /etc/machine-id"));
        Assert.Equal(machineId, shell.Run("cat /oem/machine-id"));
        Assert.Equal("running", shell.Try("timeout 100 systemctl is-system-running --wait").Output);
    }

    private static void PowerOff(QemuMachine machine, GuestShell shell)
    {
        shell.Leave("systemctl poweroff");
        machine.ExpectEnd(EndLimit);
    }
}
