using System.Globalization;

namespace KairosBoot.Boot.Tests;

/// <summary>Reboot after reboot of a machine that is busy writing: nothing stays mounted, and no journal is left to replay.</summary>
public sealed class ShutdownTests
{
    // Each costs a minute in emulation. More of them: KAIROSBOOT_REBOOTS=20.
    private static readonly int Reboots =
        int.Parse(Environment.GetEnvironmentVariable("KAIROSBOOT_REBOOTS") is { Length: > 0 } wanted ? wanted : "3", CultureInfo.InvariantCulture);

    // In every place that persists, until systemd stops the service: one writer of each pair ends when it is asked to, the other is killed.
    // Nice, because one emulated processor has to do the shutdown too.
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
    public void Busy_machines_go_down_clean_every_time()
    {
        // disk: the demo Debian's, direct kernel: the quickest way up
        QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "reboots",
            Disks = [Assets.DebianDisk],
            MemoryMiB = 1024,
            CommandLine = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=5",
        });
        try
        {
            for (int i = 1; i <= Reboots; i++)
            {
                GuestShell shell = GuestShell.LogIn(machine);
                // Of the boot that this one is: what the shutdown before it left.
                Assert.Equal("", shell.Run("dmesg | grep -E 'recovery complete|recovering journal|orphan cleanup|mounting fs with errors' || :"));
                Assert.Equal("good", Report.Of(shell).GetProperty("verdict").GetString());
                shell.Run(Writers);
                shell.Run("until test -s /var/log/written && test -s /home/written && test -s /srv/written; do sleep 0.1; done");
                shell.Leave("dmesg -n 7; systemctl reboot");
                machine.ExpectEnd(TimeSpan.FromSeconds(180));
                ConsoleText.HoldsAll(machine.Console, "EXT4-fs (loop0): unmounting filesystem", "EXT4-fs (vda5): unmounting filesystem",
                    "EXT4-fs (vda6): unmounting filesystem");
                foreach (string complaint in (string[])["Failed unmounting", "Failed to finalize", "could not be unmounted", "Failed to unmount"])
                    Assert.DoesNotContain(complaint, machine.Console.Text, StringComparison.Ordinal);
                QemuMachine before = machine;
                machine = machine.SwitchOnAgain();
                before.Console.ExpectEnd(TimeSpan.FromSeconds(10));
            }
            Figures.Add("reboots of a busy Debian", $"{Reboots}");
        }
        finally
        {
            machine.Dispose();
        }
    }
}
