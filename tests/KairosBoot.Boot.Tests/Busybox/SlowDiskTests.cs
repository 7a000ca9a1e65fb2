namespace KairosBoot.Boot.Tests;

/// <summary>The same disk, slow as a worn card, booted fifty times: the same verdict and the same mounts fifty times.</summary>
public sealed class SlowDiskTests
{
    private const int Rounds = 5, BootsInRound = 10;

    // Instead of an init: what came of the boot, on the console, and the end of the machine.
    private const string Tell =
        """
        exec >/dev/console 2>&1
        dmesg -n 1
        echo '<<told'
        grep -o '"verdict": *"[a-z]*"' /run/kairosboot/report.json
        awk '{split($4, o, ","); print $2, $3, o[1]}' /proc/mounts
        echo 'told>>'
        poweroff -f
        """;

    private static readonly Lazy<byte[]> Image = new(() => BusyboxRoot.ImageWithInit("told", Tell));
    private static string? s_first;

    public static TheoryData<int> AllRounds => new(Enumerable.Range(1, Rounds));

    [Theory]
    [MemberData(nameof(AllRounds))]
    public void Every_boot_of_a_slow_disk_ends_with_the_same_verdict_and_the_same_mounts(int round)
    {
        // disk, slow: | COS_OEM | COS_STATE: active.img (busybox, its init tells and ends) | COS_PERSISTENT |
        using SmallDisk disk = new(
            new Partition("COS_OEM", 8), new Partition("COS_STATE", 24, ("/cOS/active.img", Image.Value)), new Partition("COS_PERSISTENT", 16));
        for (int boot = 1; boot <= BootsInRound; boot++)
        {
            using QemuMachine machine = QemuMachine.Start(new MachineSpec
            {
                Name = $"slow-{round}-{boot}",
                Disks = [disk.File],
                DiskOperations = 40,
                CommandLine = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=1",
            });
            machine.Console.Expect(TimeSpan.FromSeconds(120), "<<told\n");
            string told = machine.Console.Expect(TimeSpan.FromSeconds(30), "told>>");
            Interlocked.CompareExchange(ref s_first, told, null);
            Assert.Contains("\"good\"", told, StringComparison.Ordinal);
            Assert.Contains("/usr/local ext4 rw\n", told, StringComparison.Ordinal);
            Assert.Equal(s_first, told);
        }
    }
}
