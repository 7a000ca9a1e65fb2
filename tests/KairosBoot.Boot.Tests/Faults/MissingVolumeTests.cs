namespace KairosBoot.Boot.Tests;

/// <summary>A required volume without a file system: recovery takes over, and gives the other slots another chance.</summary>
public sealed class MissingVolumeTests
{
    // In recovery it creates the file system while somebody is logged in, and waits for the end of the boot.
    private const string Init =
        """
        exec >/dev/console 2>&1
        dmesg -n 1
        echo "RUNS ON $(cd /run/cos; ls *_mode)"
        kboot assess good
        kboot status
        if [ -e /run/kairosboot/volume-failure ]; then
          echo "BECAUSE $(cat /run/kairosboot/volume-failure)"
          mke2fs -q -L COS_PERSISTENT /dev/vda6
          setsid cttyhack su -l root -c 'sleep 20; echo LOGGED OUT' &
          sleep 5
          trap 'reboot -f' TERM
          kboot assess retry &
          wait
          wait
        fi
        echo "END"
        poweroff -f

        """;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(240);

    public static TheoryData<Firmware> Firmwares => Thorough.Run ? [Firmware.Bios, Firmware.Uefi] : [Firmware.Bios];

    [Theory]
    [MemberData(nameof(Firmwares))]
    public void Recovery_boots_in_the_third_boot_and_leaves_when_the_volume_is_whole(Firmware firmware)
    {
        // disk: as kboot builds it; COS_PERSISTENT has no file system; two boots have failed because of it
        int failed = Thorough.Run ? 0 : 2;
        using GrubDisk disk = new(new GrubDisk.Kind { Init = Init, KernelArguments = "panic=1", FileSystemTools = true });
        disk.Wipe(GrubDisk.Persistent);
        if (failed > 0)
        {
            disk.Replace("/bootstate", GrubDisk.Block("active_left=3\npassive_left=3\nrecovery_left=3\n" +
                $"vol_fail={failed}:unusable:LABEL=COS_PERSISTENT\n"));
        }

        QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = $"volume-{firmware}".ToLowerInvariant(), Firmware = firmware, Disks = [disk.File],
        });
        try
        {
            for (int boot = failed + 1; boot < 3; boot++)
            {
                machine.ExpectEnd(Limit);
                ConsoleText.HoldsAll(machine.Console, "KairosBoot: starting active", "BOOT FAILED: LABEL=COS_PERSISTENT");
                machine = machine.SwitchOnAgain();
            }
            machine.ExpectEnd(Limit);
            const string Reason = "LABEL=COS_PERSISTENT cannot be used, in the last 3 boots";
            ConsoleText.HoldsAll(machine.Console, "KairosBoot: starting active", "RUNS ON recovery_mode", "BECAUSE " + Reason,
                $"volume: {Reason}; recovery tries the normal order again when it is whole, or 60 min after its start",
                "LABEL=COS_PERSISTENT is whole again; rebooting into the normal order");
            // No try is spent on the volume.
            Assert.Matches("active +3 +no +next\r?\n", machine.Console.Text);
            Assert.True(machine.Console.Text.IndexOf("LOGGED OUT", StringComparison.Ordinal) is var loggedOut and > 0
                && loggedOut < machine.Console.Text.IndexOf("is whole again", StringComparison.Ordinal), machine.Console.Tail(20));

            machine = machine.SwitchOnAgain();
            machine.ExpectEnd(Limit);
            ConsoleText.HoldsAll(machine.Console, "kairosboot.slot=active kairosboot.why=order kairosboot.env=ok kairosboot.tries=2",
                "RUNS ON active_mode", "END");
            Assert.DoesNotContain("volume: ", machine.Console.Text, StringComparison.Ordinal);
        }
        finally
        {
            machine.Dispose();
        }
    }
}
