using System.Globalization;
using System.Text;
using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>A machine whose loader does not know slots: the initrd counts and selects.</summary>
public sealed class NoLoaderTests
{
    private const string Active = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE kairosboot.timeout=5 panic=1";
    private const string SaysWhere = "echo \"RUNS ON $(cd /run/cos; ls *_mode)\"; echo b > /proc/sysrq-trigger; sleep 60\n";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(240);

    [Fact]
    public void Systems_that_never_report_good_are_tried_in_order_until_a_stop()
    {
        // disk: | COS_RECOVERY: recovery.img | COS_STATE: active.img passive.img bootstate | COS_PERSISTENT |, one try each; init prints
        // the slot and resets
        byte[] image = Image(init: SaysWhere);
        using SmallDisk disk = Disk(image, "active_left=1\npassive_left=1\nrecovery_left=1\n");
        List<string> slots = [];
        QemuMachine machine =
            QemuMachine.Start(new MachineSpec { Name = "no-loader-never-good", Disks = [disk.File], CommandLine = Active });
        try
        {
            while (slots.Count < 4)
            {
                machine.Console.Expect(Limit, "RUNS ON ", "STOPPED: active, passive and recovery were all tried");
                if (machine.Console.Text.Contains("STOPPED", StringComparison.Ordinal)) break;
                slots.Add(machine.Console.Expect(Limit, "\n").TrimEnd('\n'));
                machine.ExpectEnd(Limit);
                machine = machine.SwitchOnAgain();
            }
            Assert.Equal(["active_mode", "passive_mode", "recovery_mode"], slots);
            machine.Console.Expect(Limit, "the machine starts again in 10 min; to start now, switch it off and on");
            machine = machine.SwitchOnAgain();
            machine.Console.Expect(Limit, "RUNS ON ");
            Assert.Equal("active_mode", machine.Console.Expect(Limit, "\n"));
        }
        finally
        {
            machine.Dispose();
        }
    }

    [Fact]
    public void A_stopped_machine_starts_again_by_itself()
    {
        if (!Thorough.Run) return;
        // disk: as above, no tries left after an earlier stop
        using SmallDisk disk = Disk(BusyboxRoot.Ext4, "active_left=0\npassive_left=0\nrecovery_left=0\nstops=1\n");
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "no-loader-stop", Disks = [disk.File], CommandLine = Active, SkipsIdleTime = true,
        });
        machine.ExpectEnd(Limit);
        ConsoleText.HoldsAll(machine.Console, "the machine starts again in 30 min");
        Assert.Contains("active_left=3\n", BlockOf(machine), StringComparison.Ordinal);
        Assert.Contains("\nstops=2\n", BlockOf(machine), StringComparison.Ordinal);
    }

    [Fact]
    public void Kboot_select_works_for_one_boot_and_permanently()
    {
        // disk: as above, with kboot in the images
        using SmallDisk disk = Disk(Image(init: null), "");
        using QemuMachine active =
            QemuMachine.Start(new MachineSpec { Name = "no-loader-select", Disks = [disk.File], CommandLine = Active });
        GuestShell shell = GuestShell.OfBusybox(active);
        Assert.Equal(("active", "order", "initrd", "good"), Selection(shell));
        shell.Run("kboot select recovery --once");
        shell.Leave("sync; poweroff -f");
        active.ExpectEnd(Limit);

        using QemuMachine recovery = active.SwitchOnAgain();
        shell = GuestShell.OfBusybox(recovery);
        Assert.Equal(("recovery", "oneshot", "initrd", "good"), Selection(shell));
        shell.Run("kboot select passive");
        shell.Leave("sync; poweroff -f");
        recovery.ExpectEnd(Limit);

        using QemuMachine passive = recovery.SwitchOnAgain();
        shell = GuestShell.OfBusybox(passive);
        Assert.Equal(("passive", "order", "initrd", "good"), Selection(shell));
    }

    [Fact]
    public void A_wrong_image_name_marks_no_slot_bad_and_unreadable_counters_are_reported()
    {
        // disk: | COS_RECOVERY: recovery.img | COS_STATE: active.img passive.img, a damaged bootstate | COS_PERSISTENT |
        using SmallDisk disk = Disk(Image(init: null), GrubDisk.Block("")[..700]);
        string wrong = Active.Replace("/cOS/active.img", "/cOS/actve.img", StringComparison.Ordinal);
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "no-loader-wrong-name", Disks = [disk.File], CommandLine = wrong,
        });
        GuestShell shell = GuestShell.OfBusybox(machine);
        JsonElement report = Report.Of(shell);
        Assert.Equal(("active", "/cOS/active.img", "degraded"), (Text(report, "slot"), Text(report, "image"), Text(report, "verdict")));
        string problems = string.Join('\n', report.GetProperty("problems").Strings("text"));
        Assert.Contains("cos-img/filename= names no image of a slot", problems, StringComparison.Ordinal);
        Assert.Contains("assessment inoperative: /bootstate on COS_STATE is 700 bytes long instead of 1024; it is recreated", problems,
            StringComparison.Ordinal);
        string status = shell.Run("kboot status");
        Assert.Matches("active +2 +no +running, next", status);
        Assert.DoesNotContain("marked bad", status, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_persistent_partition_costs_no_try()
    {
        // disk: | COS_STATE: active.img, bootstate |; the loader reports that it counted the second of three tries
        using SmallDisk disk = new(
            new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Ext4), ("/bootstate", GrubDisk.Block("active_left=1\n"))));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "no-persistent-keeps-try", Disks = [disk.File],
            CommandLine = Active + " kairosboot.slot=active kairosboot.env=ok kairosboot.tries=1",
        });
        machine.ExpectEnd(Limit);
        ConsoleText.HoldsAll(machine.Console, "BOOT FAILED: LABEL=COS_PERSISTENT");
        Assert.Contains("active_left=2\n", BlockOf(machine), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_state_partition_recovery_boots()
    {
        // disk: | COS_RECOVERY: recovery.img |
        using SmallDisk disk = new(new Partition("COS_RECOVERY", 24, ("/cOS/recovery.img", BusyboxRoot.Ext4)));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "no-state", Disks = [disk.File], CommandLine = Active });
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Equal("recovery_mode", shell.Run("cd /run/cos; ls *_mode"));
        Assert.Contains("LABEL=COS_STATE did not appear within 5 s",
            string.Join('\n', Report.Of(shell).GetProperty("problems").Strings("text")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(int.MaxValue, false)]
    public void An_unreadable_image_is_read_once_more_and_then_costs_one_try(int failures, bool boots)
    {
        // disk: | COS_STATE: active.img, bootstate | COS_PERSISTENT |; the superblock in active.img is unreadable
        using SmallDisk disk = new(
            new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Ext4), ("/bootstate", GrubDisk.Block(""))),
                new Partition("COS_PERSISTENT", 16));
        long block = long.Parse(disk.DebugFs(1, "blocks /cOS/active.img").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .SkipWhile(word => !char.IsAsciiDigit(word[0])).ElementAt(1),
            CultureInfo.InvariantCulture);
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = boots ? "eio-once" : "eio-always", Disks = [disk.File], CommandLine = Active,
            Unreadable = ((1 << 20) / 512 + block * 2, failures),
        });
        if (boots)
        {
            GuestShell shell = GuestShell.OfBusybox(machine);
            JsonElement report = Report.Of(shell);
            Assert.Equal(("active", "degraded"), (Text(report, "slot"), Text(report, "verdict")));
            Assert.Contains("once more", string.Join('\n', report.GetProperty("problems").Strings("text")), StringComparison.Ordinal);
            return;
        }
        machine.ExpectEnd(Limit);
        ConsoleText.HoldsAll(machine.Console, "once more", "BOOT FAILED", "EIO");
        // The cause may be the disk, so the image is not marked bad.
        Assert.Contains("active_left=2\n", BlockOf(machine), StringComparison.Ordinal);
        Assert.DoesNotContain("fail=active", BlockOf(machine), StringComparison.Ordinal);
    }

    private static SmallDisk Disk(byte[] image, string block) => Disk(image, GrubDisk.Block(block));

    private static SmallDisk Disk(byte[] image, byte[] block) => new(
        new Partition("COS_RECOVERY", 28, ("/cOS/recovery.img", image)),
        new Partition("COS_STATE", 52, ("/cOS/active.img", image), ("/cOS/passive.img", image), ("/bootstate", block)),
        new Partition("COS_PERSISTENT", 16));

    // With a directory for the modules of the running kernel, as every image has.
    private static byte[] Image(string? init) => BusyboxRoot.ImageWith("slot", tree =>
    {
        Directory.CreateDirectory(
            Path.Combine(tree, "lib/modules",
            Path.GetFileName(Directory.GetDirectories(Path.Combine(Assets.KernelRoot, "lib/modules")).Single())));
        Directory.CreateDirectory(Path.Combine(tree, "usr/bin"));
        if (init is null)
        {
            File.Copy(Assets.KBoot, Path.Combine(tree, "usr/bin/kboot"));
            return;
        }
        File.Delete(tree + "/sbin/init");
        File.WriteAllText(tree + "/sbin/init", "#!/bin/sh\n" + init);
        Tool.Run("chmod", "755", tree + "/sbin/init");
    }, mebibytes: 20);

    private static (string, string, string, string) Selection(GuestShell shell)
    {
        JsonElement report = Report.Of(shell);
        return (Text(report, "slot"), Text(report, "why"), Text(report.GetProperty("assessment"), "countedBy"), Text(report, "verdict"));
    }

    private static string BlockOf(QemuMachine machine)
    {
        byte[] disk = File.ReadAllBytes(machine.DiskAsLeft(0));
        int at = disk.AsSpan().IndexOf("# GRUB Environment Block\n"u8);
        return Encoding.ASCII.GetString(disk, at, 512);
    }

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString() ?? "";
}
