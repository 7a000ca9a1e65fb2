namespace KairosBoot.Boot.Tests;

/// <summary>What a reboot keeps, and what a power cut does to it.</summary>
public sealed class RebootTests
{
    [Fact]
    public void Etc_is_new_after_a_reboot_and_persistent_paths_and_the_machines_identity_are_not()
    {
        // disk: the demo Debian's, through the BIOS and GRUB
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "reboot", Disks = [Assets.DebianDisk], MemoryMiB = 1024 });
        GuestShell before = GuestShell.LogIn(machine);
        before.Run("touch /etc/gone /var/gone /srv/gone");
        before.Run("touch /usr/local/kept /var/log/kept /home/kairos/kept /etc/ssh/kept /oem/kept");
        string id = before.Run("cat /etc/machine-id");
        Assert.Matches("^[0-9a-f]{32}$", id);
        before.Run("for i in $(seq 60); do test -s /etc/ssh/ssh_host_ed25519_key.pub && break; sleep 1; done");
        string hostKey = before.Run("cat /etc/ssh/ssh_host_ed25519_key.pub");
        before.Leave("dmesg -n 7; systemctl reboot");
        machine.ExpectEnd(TimeSpan.FromSeconds(120));
        // The image, its loop device and the state partition were let go of before the machine went down.
        ConsoleText.HoldsAll(machine.Console, "EXT4-fs (loop0): unmounting filesystem", "EXT4-fs (vda5): unmounting filesystem");
        foreach (string complaint in (string[])["Failed unmounting", "Failed to finalize", "could not be unmounted"])
            Assert.DoesNotContain(complaint, machine.Console.Text, StringComparison.Ordinal);
        using QemuMachine again = machine.SwitchOnAgain();
        GuestShell after = GuestShell.LogIn(again);
        foreach (string path in (string[])["/etc/gone", "/var/gone", "/srv/gone"])
            after.Run($"test ! -e {path}");
        foreach (string path in (string[])["/usr/local/kept", "/var/log/kept", "/home/kairos/kept", "/etc/ssh/kept", "/oem/kept"])
            after.Run($"test -e {path}");
        Assert.Equal(id, after.Run("cat /etc/machine-id"));
        Assert.Equal(hostKey, after.Run("cat /etc/ssh/ssh_host_ed25519_key.pub"));
        Assert.DoesNotContain("recovery complete", again.Console.Text, StringComparison.Ordinal);
        Assert.Equal("good", after.Run("sed -n 's/.*\"verdict\": *\"\\([a-z]*\\)\".*/\\1/p' /run/kairosboot/report.json"));
    }

    [Fact]
    public void A_machine_whose_plug_was_pulled_boots_again_with_what_was_synced()
    {
        // disk: the demo Debian's, direct kernel
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "power-cut",
            Disks = [Assets.DebianDisk],
            MemoryMiB = 1024,
            CommandLine = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=5",
        });
        GuestShell before = GuestShell.LogIn(machine);
        before.Run("touch /usr/local/kept /oem/kept && sync");

        using QemuMachine again = machine.SwitchOnAgain();
        GuestShell after = GuestShell.LogIn(again);
        after.Run("test -e /usr/local/kept && test -e /oem/kept");
        Assert.Equal("rw", after.Run("findmnt -n -o OPTIONS -M /usr/local | cut -d, -f1"));
    }
}
