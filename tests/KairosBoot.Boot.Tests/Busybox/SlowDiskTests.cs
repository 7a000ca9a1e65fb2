using System.Text;

namespace KairosBoot.Boot.Tests;

/// <summary>
/// A disk as slow as a worn card, with volumes nested three deep. It boots ten times (fifty with --all) and loses power after each boot.
/// Every
/// boot must have the same verdict and the same mounts.
/// </summary>
public sealed class SlowDiskTests
{
    private const int BootsInRound = 10;
    private static readonly int Rounds = Thorough.Run ? 5 : 1;

    // Runs instead of an init: prints the verdict and the mounts on the console and ends the machine.
    private const string PrintAndEnd =
        """
        exec >/dev/console 2>&1
        dmesg -n 1
        echo '<<printed'
        grep -o '"verdict": *"[a-z]*"' /run/kairosboot/report.json
        awk '{split($4, o, ","); print $2, $3, o[1]}' /proc/mounts
        echo 'printed>>'
        poweroff -f
        """;

    // The volumes are listed from the innermost to the outermost; a bind of the persistent partition is inside all of them.
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

    private static readonly Lazy<byte[]> Image = new(() => BusyboxRoot.ImageWithInit("printed", PrintAndEnd));
    private static string? s_first;

    public static TheoryData<int> AllRounds => new(Enumerable.Range(1, Rounds));

    [Theory]
    [MemberData(nameof(AllRounds))]
    public void Every_boot_of_a_slow_disk_has_the_same_verdict_and_mounts(int round)
    {
        // disk, slow: | COS_OEM: VOLUMES | COS_STATE: active.img (busybox, its init prints and ends) | A | B | C | COS_PERSISTENT |
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
                machine.Console.Expect(TimeSpan.FromSeconds(120), "<<printed\n");
                string printed = machine.Console.Expect(TimeSpan.FromSeconds(30), "printed>>");
                Interlocked.CompareExchange(ref s_first, printed, null);
                Assert.Contains("\"good\"", printed, StringComparison.Ordinal);
                foreach (string path in (string[])["/usr/local", "/srv/a", "/srv/a/b", "/srv/a/b/c", "/srv/a/b/c/kept"])
                    Assert.Contains($"{path} ext4 rw\n", printed, StringComparison.Ordinal);
                Assert.Equal(s_first, printed);
            }
        }
        finally
        {
            machine.Dispose();
        }
    }
}
