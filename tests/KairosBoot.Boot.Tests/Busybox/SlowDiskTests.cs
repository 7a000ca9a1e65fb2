using System.Text;

namespace KairosBoot.Boot.Tests;

/// <summary>
/// A disk slow as a worn card, with volumes three deep, booted fifty times and switched off each time without a warning: the same verdict and the
/// same mounts fifty times.
/// </summary>
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

    // Listed from the innermost to the outermost, and a bind of the persistent partition inside all of them.
    private const string Layout =
        """
        stages:
          rootfs:
            - environment_file: /run/cos/cos-layout.env
              environment:
                VOLUMES: "LABEL=C:/srv/a/b/c LABEL=B:/srv/a/b LABEL=A:/srv/a LABEL=COS_PERSISTENT:/usr/local"
                RW_PATHS: "/var /etc /srv"
                PERSISTENT_STATE_PATHS: "/srv/a/b/c/kept /etc/ssh /home /root /var/log"
        """;

    private static readonly Lazy<byte[]> Image = new(() => BusyboxRoot.ImageWithInit("told", Tell));
    private static string? s_first;

    public static TheoryData<int> AllRounds => new(Enumerable.Range(1, Rounds));

    [Theory]
    [MemberData(nameof(AllRounds))]
    public void Every_boot_of_a_slow_disk_ends_with_the_same_verdict_and_the_same_mounts(int round)
    {
        // disk, slow: | COS_OEM: VOLUMES | COS_STATE: active.img (busybox, its init tells and ends) | A | B | C | COS_PERSISTENT |
        using SmallDisk disk = new(
            new Partition("COS_OEM", 8, ("/90_layout.yaml", Encoding.UTF8.GetBytes(Layout))),
            new Partition("COS_STATE", 24, ("/cOS/active.img", Image.Value)),
            new Partition("A", 4), new Partition("B", 4), new Partition("C", 4),
            new Partition("COS_PERSISTENT", 16));
        QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = $"slow-{round}",
            Disks = [disk.File],
            DiskOperations = 40,
            CommandLine = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=1",
        });
        try
        {
            for (int boot = 1; boot <= BootsInRound; boot++)
            {
                machine = boot == 1 ? machine : machine.SwitchOnAgain();
                machine.Console.Expect(TimeSpan.FromSeconds(120), "<<told\n");
                string told = machine.Console.Expect(TimeSpan.FromSeconds(30), "told>>");
                Interlocked.CompareExchange(ref s_first, told, null);
                Assert.Contains("\"good\"", told, StringComparison.Ordinal);
                foreach (string path in (string[])["/usr/local", "/srv/a", "/srv/a/b", "/srv/a/b/c", "/srv/a/b/c/kept"])
                    Assert.Contains($"{path} ext4 rw\n", told, StringComparison.Ordinal);
                Assert.Equal(s_first, told);
            }
        }
        finally
        {
            machine.Dispose();
        }
    }
}
