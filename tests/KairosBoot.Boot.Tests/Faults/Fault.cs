namespace KairosBoot.Boot.Tests;

/// <summary>A fault of a slot's image.</summary>
/// <param name="Name">As in the table of <see cref="FaultMatrix"/>.</param>
/// <param name="Image">The file that replaces the good image; null: no file.</param>
internal sealed record Fault(string Name, Func<GrubDisk, byte[]?> Image)
{
    /// <summary>Seconds until the watchdog resets a machine that hangs; null: the machine has no watchdog.</summary>
    public int? Watchdog { get; init; }

    /// <summary>What <c>kboot status</c> says about the last failed boot; null: the counters have the reason.</summary>
    public string? Seen { get; init; }

    private const string Start = "no reason is known; kernel or initrd was seen last",
        System = "no reason is known; the system was seen last";

    // A boot on a busy host makes progress within that time.
    private const int WatchdogSeconds = 30;

    // A frozen cgroup stops all processes in it. It contains PID 1 here, which then cannot even wait.
    private const string Hang =
        """
        stages:
          rootfs:
            - commands:
                - mount -t cgroup2 none /tmp && mkdir /tmp/hang && echo 1 > /tmp/hang/cgroup.procs && echo 1 > /tmp/hang/cgroup.freeze
                - sleep 1000000
        """;

    public static readonly Fault[] All =
    [
        new("kernel file missing", disk => disk.Changed("rm /boot/vmlinuz")),
        new("kernel panics", disk => disk.ChangedInit("echo c > /proc/sysrq-trigger\n")) { Seen = System },
        new("init program missing", disk => disk.Changed("rm /sbin/init")),
        new("initrd corrupt", disk =>
            disk.Changed("rm /boot/initrd", "cd /boot", $"write {disk.FileWith(Corrupt(File.ReadAllBytes(disk.Initrd)))} initrd"))
            { Seen = Start },
        new("image zeroed", disk => new byte[disk.Content().Length]),
        new("image truncated", disk => disk.Content()[..^4096]),
        new("superblock damaged", disk => Zeroed(disk.Content(), 1024, 1024)),
        new("image absent", _ => null),
        new("never reports good", disk => disk.ChangedInit("echo b > /proc/sysrq-trigger\n")) { Seen = System },
        new("userland hangs", disk => disk.ChangedInit("exec sleep 1000000\n")) { Watchdog = WatchdogSeconds, Seen = System },
        new("initrd hangs", disk =>
            disk.Changed("mkdir /system", "mkdir /system/oem", "cd /system/oem", $"write {disk.FileWith(Hang)} 00_hang.yaml"))
            { Watchdog = WatchdogSeconds, Seen = Start },
    ];

    // From a quarter on, where no program has been unpacked yet.
    private static byte[] Corrupt(byte[] initrd) => Zeroed(initrd, initrd.Length / 4, 4096);

    private static byte[] Zeroed(byte[] content, int offset, int length)
    {
        content.AsSpan(offset, length).Clear();
        return content;
    }
}
