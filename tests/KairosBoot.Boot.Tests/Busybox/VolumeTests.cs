using System.Text;
using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>A persistent partition that is damaged or unreadable, with each value of kairosboot.persistent.</summary>
public sealed class VolumeTests
{
    private const string ActiveSlot = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE kairosboot.timeout=20 panic=1";
    private const string Id = "0123456789abcdef0123456789abcdef";
    private static readonly Lazy<byte[]> WithFsck = new(() => BusyboxRoot.ImageWithFsck("active"));

    [Fact]
    public void A_damaged_file_system_is_repaired_and_the_boot_is_good()
    {
        // disk: | COS_OEM | COS_STATE: active.img (busybox, e2fsck) | COS_PERSISTENT: flagged, its count of free blocks wrong |
        using SmallDisk disk = Disk();
        disk.DebugFs(3, "ssv state 3", "ssv free_blocks_count 5");
        using QemuMachine machine = Start("fsck-repaired", disk);
        GuestShell shell = GuestShell.OfBusybox(machine);
        using JsonDocument report = Report(shell);
        Assert.Equal("good", Verdict(report));
        Assert.Contains(Problems(report), text =>
            text.Contains("is flagged as having errors: fsck.ext4 repaired it (exit 1)", StringComparison.Ordinal));
        Assert.StartsWith("rw", shell.Run("awk '$2 == \"/usr/local\" {print $4}' /proc/mounts"), StringComparison.Ordinal);
        // The output of the program is in the log, and the temporary mounts are gone.
        Assert.Contains("fsck.ext4: COS_PERSISTENT contains a file system with errors", shell.Run("cat /run/kairosboot/boot.log"),
            StringComparison.Ordinal);
        Assert.NotEqual(0, shell.Try("grep kairosboot/stage /proc/mounts").Status);
    }

    [Fact]
    public void An_unrepaired_volume_is_read_only_and_the_machine_id_stays()
    {
        // disk: | COS_OEM | COS_STATE: active.img (busybox, e2fsck) | COS_PERSISTENT: two files share a block |
        using SmallDisk disk = Disk(
            ("/etc/machine-id", Encoding.ASCII.GetBytes(Id + "\n")), ("/.state/var-log.bind/kept", "log"u8.ToArray()),
                ("/.state/home.bind/kept", "home"u8.ToArray()));
        Damage(disk);
        using QemuMachine machine = Start("fsck-uncorrected", disk);
        GuestShell shell = GuestShell.OfBusybox(machine);
        using JsonDocument report = Report(shell);
        Assert.Equal("degraded", Verdict(report));
        Assert.Contains(Steps(report), step => step.Contains("fsck.ext4 left errors uncorrected (exit 4)", StringComparison.Ordinal));
        Assert.Equal("log home", shell.Run("echo $(cat /var/log/kept) $(cat /home/kept)"));
        Assert.NotEqual(0, shell.Try("touch /usr/local/new").Status);
        Assert.NotEqual(0, shell.Try("touch /var/log/new").Status);
        shell.Run("touch /etc/new /oem/new");
        Assert.Equal(Id, shell.Run("cat /etc/machine-id"));
        Assert.Equal("ro bind,nosuid,nodev,ro",
            shell.Run("echo $(awk '$2 == \"/usr/local\" || $2 == \"/var/log\" {print $4}' /etc/fstab)"));
        // One problem for one cause: the binds themselves succeeded.
        Assert.DoesNotContain(Problems(report), text => text.Contains("although its mount succeeded", StringComparison.Ordinal));
        ConsoleText.HoldsAll(machine.Console, "mounted read-only");
    }

    [Fact]
    public void With_persistent_recovery_the_same_boot_continues_in_recovery()
    {
        // disk: | COS_OEM | COS_STATE: active.img (busybox, e2fsck) | COS_PERSISTENT: two files share a block | COS_RECOVERY: recovery.img
        // (busybox) |
        using SmallDisk disk = new(
            new Partition("COS_OEM", 8,
                ("/90_layout.yaml", "stages:\n  rootfs:\n    - commands: [\"echo $(ls /run/cos) >> /run/sentinels\"]\n"u8.ToArray())),
            State(), Persistent(), new Partition("COS_RECOVERY", 24, ("/cOS/recovery.img", BusyboxRoot.Image("recovery"))));
        Damage(disk);
        using QemuMachine machine = Start("fsck-recovery", disk, "kairosboot.persistent=recovery kairosboot.tries=2");
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Equal("recovery", shell.Run("cat /name"));
        Assert.Equal("recovery_mode", shell.Run("cd /run/cos; ls -d *_mode"));
        Assert.Equal("active_mode\nrecovery_mode", shell.Run("cat /run/sentinels"));
        Assert.NotEqual(0, shell.Try("grep -e /dev/vda3 -e cOS/active /proc/mounts").Status);
        Assert.DoesNotContain("active.img", shell.Run("cat /sys/block/loop*/loop/backing_file"), StringComparison.Ordinal);
        using JsonDocument report = Report(shell);
        Assert.Equal(("degraded", "recovery"), (Verdict(report), report.RootElement.GetProperty("slot").GetString()));
        Assert.Contains(Problems(report), text => text.Contains("left errors uncorrected", StringComparison.Ordinal)
            && text.Contains("booting recovery instead of active", StringComparison.Ordinal));
        Assert.Contains(Problems(report), text => text.Contains("/lib/modules/", StringComparison.Ordinal));
        ConsoleText.HoldsAll(machine.Console, "booting recovery instead of active");
    }

    [Fact]
    public void A_wiped_file_system_stops_the_boot()
    {
        // disk: | COS_OEM | COS_STATE: active.img (busybox, e2fsck) | COS_PERSISTENT: no superblock, but its backup |
        using SmallDisk disk = Disk();
        disk.Wipe(3, 0, 8192);
        using QemuMachine machine = Start("persistent-wiped", disk);
        machine.ExpectEnd(TimeSpan.FromSeconds(120));
        ConsoleText.HoldsLineWith(machine.Console, "BOOT FAILED: LABEL=COS_PERSISTENT:/usr/local: the first superblock of /dev/vda3 is");
        ConsoleText.HoldsLineWith(machine.Console, "to fix: ", "repair it in recovery: e2fsck -b 8193 -B 1024 /dev/vda3");
        ConsoleText.HoldsNoStackTrace(machine.Console);
        Assert.DoesNotContain(BusyboxRoot.Ready, machine.Console.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void With_persistent_tmpfs_a_tmpfs_replaces_a_wiped_file_system()
    {
        // disk: | COS_OEM: machine-id | COS_STATE: active.img (busybox, e2fsck), flagged | COS_PERSISTENT: no superblock |
        using SmallDisk disk = new(new Partition("COS_OEM", 8, ("/machine-id", Encoding.ASCII.GetBytes(Id + "\n"))), State(), Persistent());
        disk.Wipe(3, 0, 8192);
        disk.DebugFs(2, "ssv state 3");
        using QemuMachine machine = Start("persistent-tmpfs", disk, "kairosboot.persistent=tmpfs");
        GuestShell shell = GuestShell.OfBusybox(machine);
        using JsonDocument report = Report(shell);
        Assert.Equal("degraded", Verdict(report));
        Assert.Contains(Problems(report), text => text.Contains("lost after this boot", StringComparison.Ordinal));
        ConsoleText.HoldsLineWith(machine.Console, "COS_PERSISTENT", "lost after this boot");
        Assert.Equal("tmpfs", shell.Run("awk '$2 == \"/usr/local\" {print $3}' /proc/mounts"));
        // COS_STATE cannot be checked by a program of the images on it, so the report asks for a check.
        Assert.Contains(Problems(report), text =>
            text.Contains("COS_STATE on /dev/vda2 is flagged as having errors; run fsck.ext4", StringComparison.Ordinal));
        shell.Run("touch /var/log/new && test -e /usr/local/.state/var-log.bind/new");
        Assert.Equal(Id, shell.Run("cat /etc/machine-id"));
    }

    private static SmallDisk Disk(params (string, byte[])[] persistent) =>
        new(new Partition("COS_OEM", 8), State(), Persistent(persistent));

    private static Partition State() => new("COS_STATE", 32, ("/cOS/active.img", WithFsck.Value));

    private static Partition Persistent(params (string, byte[])[] files) =>
        new("COS_PERSISTENT", 16,
            [.. files, ("/one", Encoding.ASCII.GetBytes(new string('1', 20_000))),
            ("/two", Encoding.ASCII.GetBytes(new string('2', 20_000)))]);

    /// <summary>Lets two files share a block, which fsck does not repair automatically.</summary>
    private static void Damage(SmallDisk disk)
    {
        string block = disk.DebugFs(3, "bmap two 0").Trim().Split('\n')[^1];
        disk.DebugFs(3, $"sif one block[5] {block}", "ssv state 3");
    }

    private static QemuMachine Start(string name, SmallDisk disk, string more = "") =>
        QemuMachine.Start(new MachineSpec { Name = name, Disks = [disk.File], CommandLine = $"{ActiveSlot} {more}" });

    private static JsonDocument Report(GuestShell shell) => JsonDocument.Parse(shell.Run("cat /run/kairosboot/report.json"));

    private static string? Verdict(JsonDocument report) => report.RootElement.GetProperty("verdict").GetString();

    private static IEnumerable<string> Problems(JsonDocument report) =>
        report.RootElement.GetProperty("problems").EnumerateArray().Select(problem => problem.GetProperty("text").GetString()!);

    private static IEnumerable<string> Steps(JsonDocument report) =>
        report.RootElement.GetProperty("steps").EnumerateArray().Where(step => step.TryGetProperty("error", out _))
            .Select(step => step.GetProperty("error").GetString()!);
}
