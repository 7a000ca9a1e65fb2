namespace KairosBoot.Boot.Tests;

/// <summary>What a reboot keeps, and what a power cut does to it.</summary>
public sealed class RebootTests
{
    [Fact]
    public void Etc_is_new_after_a_reboot_and_persistent_paths_and_the_machines_identity_are_not()
    {
        // disk: the demo Debian's, through the BIOS and GRUB
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "reboot",
            Disks = [Assets.DebianDisk],
            MemoryMiB = 1024,
            Reboots = true,
        });
        GuestShell before = GuestShell.LogIn(machine);
        before.Run("touch /etc/gone /var/gone /srv/gone");
        before.Run("touch /usr/local/kept /var/log/kept /home/kairos/kept /etc/ssh/kept /oem/kept");
        string id = before.Run("cat /etc/machine-id");
        Assert.Matches("^[0-9a-f]{32}$", id);
        before.Run("for i in $(seq 60); do test -s /etc/ssh/ssh_host_ed25519_key.pub && break; sleep 1; done");
        string hostKey = before.Run("cat /etc/ssh/ssh_host_ed25519_key.pub");
        before.Leave("systemctl reboot");

        GuestShell after = GuestShell.LogIn(machine);
        foreach (string path in (string[])["/etc/gone", "/var/gone", "/srv/gone"])
        {
            after.Run($"test ! -e {path}");
        }
        foreach (string path in (string[])["/usr/local/kept", "/var/log/kept", "/home/kairos/kept", "/etc/ssh/kept", "/oem/kept"])
        {
            after.Run($"test -e {path}");
        }
        Assert.Equal(id, after.Run("cat /etc/machine-id"));
        Assert.Equal(hostKey, after.Run("cat /etc/ssh/ssh_host_ed25519_key.pub"));
        Assert.Equal("good", after.Run("sed -n 's/.*\"verdict\": *\"\\([a-z]*\\)\".*/\\1/p' /run/kairosboot/report.json"));
    }

    [Fact]
    public void A_machine_whose_plug_was_pulled_boots_again_with_what_was_synced()
    {
        // disk: the demo Debian's, direct kernel
        QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "power-cut",
            Disks = [Assets.DebianDisk],
            MemoryMiB = 1024,
            CommandLine = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=5",
        });
        try
        {
            GuestShell before = GuestShell.LogIn(machine);
            before.Run("touch /usr/local/kept /oem/kept && sync");
            QemuMachine again = machine.PowerCut();
            machine = again;
            GuestShell after = GuestShell.LogIn(machine);
            after.Run("test -e /usr/local/kept && test -e /oem/kept");
            Assert.Equal("rw", after.Run("findmnt -n -o OPTIONS -M /usr/local | cut -d, -f1"));
        }
        finally
        {
            machine.Dispose();
        }
    }
}
