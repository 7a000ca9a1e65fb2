using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>A kernel panic and a boot that ends without a word: what the next boot says about them.</summary>
public sealed class LostBootTests
{
    // Memory that no program of the machine uses, and that a reset keeps.
    private const string Reserved =
        "memmap=64K$0x8000000 ramoops.mem_address=0x8000000 ramoops.mem_size=0x10000 ramoops.record_size=0x4000";

    [Fact]
    public void The_next_boot_reports_the_last_lines_of_a_panic_or_how_far_the_system_came()
    {
        // disk: | COS_OEM | COS_STATE: active.img (busybox), bootstate with all tries | COS_PERSISTENT |
        using SmallDisk disk = new(new Partition("COS_OEM", 8),
            new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Ext4), ("/bootstate", GrubDisk.Block("active_left=3\n"))),
            new Partition("COS_PERSISTENT", 16));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "lost-boots", Disks = [disk.File], Initrd = Assets.Initrd, Reboots = true,
            CommandLine = $"cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=1 {Reserved}",
        });

        // All tries are left, as after a good boot: nothing is reported, and nothing is written.
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Empty(Report.Of(shell).GetProperty("failedBoots").EnumerateArray());
        Assert.NotEqual(0, shell.Try("ls /oem/kairosboot").Status);
        Assert.Equal("ramoops", shell.Run("cat /sys/module/pstore/parameters/backend"));
        shell.Leave("sync; echo the machine panics now > /dev/kmsg; echo c > /proc/sysrq-trigger");

        shell = GuestShell.OfBusybox(machine);
        JsonElement panic = Assert.Single(Report.Of(shell).GetProperty("failedBoots").EnumerateArray());
        Assert.Equal(("kernel panic: sysrq triggered crash", "pstore"), (Text(panic, "problem"), Text(panic, "foundIn")));
        Assert.Contains("the machine panics now", Text(panic, "log"), StringComparison.Ordinal);
        Assert.InRange(Text(panic, "log").Length, 1, 8 * 1024);
        Assert.NotEqual("", Text(panic, "fix"));
        string stored = shell.Run("cat /oem/kairosboot/failed-boots.reported");
        Assert.Contains("the machine panics now", stored, StringComparison.Ordinal);
        Assert.EndsWith("\nstarted: active 1 ", stored, StringComparison.Ordinal);
        // Nothing in this system collects it, so it is erased.
        Assert.Equal("", shell.Run("mount -t pstore pstore /sys/fs/pstore && ls /sys/fs/pstore"));
        shell.Leave("sync; echo b > /proc/sysrq-trigger");

        // The reset left no reason, but the boot before this one had written its mark.
        shell = GuestShell.OfBusybox(machine);
        JsonElement lost = Assert.Single(Report.Of(shell).GetProperty("failedBoots").EnumerateArray());
        Assert.Equal(("active", "no reason is known; the system was seen last", "counters"),
            (Text(lost, "slot"), Text(lost, "problem"), Text(lost, "foundIn")));
        Assert.Contains("the system was seen last", shell.Run("dmesg"), StringComparison.Ordinal);
        stored = shell.Run("cat /oem/kairosboot/failed-boots.reported");
        Assert.Contains("the machine panics now", stored, StringComparison.Ordinal);
        Assert.EndsWith("\nstarted: active 0 ", stored, StringComparison.Ordinal);
    }

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString() ?? "";
}
