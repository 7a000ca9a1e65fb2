using System.Text;
using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>The order active, passive, recovery through GRUB, with systems that never report good and counters that cannot be
/// read.</summary>
public sealed class BootCounterTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(240);

    [Fact]
    public void Systems_that_never_report_good_are_tried_in_order_until_a_stop()
    {
        // disk: as kboot builds it, with one try left for each slot and a shorter stop; init prints the command line and resets
        using GrubDisk disk = new(init: "echo \"RUNS ON $(cat /proc/cmdline)\"; echo b > /proc/sysrq-trigger; sleep 60\n");
        disk.Replace("/bootstate", GrubDisk.Block("active_left=1\npassive_left=1\nrecovery_left=1\n"));
        string menu = disk.Text("/grub/grub.cfg");
        Assert.Contains("set seconds=600", menu, StringComparison.Ordinal);
        disk.Replace("/grub/grub.cfg", Encoding.ASCII.GetBytes(menu.Replace("set seconds=600", "set seconds=5", StringComparison.Ordinal)));
        List<string> slots = [];
        QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "counters-never-good", Disks = [disk.File] });
        try
        {
            while (slots.Count < 4)
            {
                machine.Console.Expect(Limit, "RUNS ON ", "KairosBoot: STOPPED");
                if (machine.Console.Text.Contains("STOPPED", StringComparison.Ordinal)) break;
                string line = machine.Console.Expect(Limit, "\n");
                Assert.Contains("kairosboot.tries=0", line, StringComparison.Ordinal);
                slots.Add(line.Split(' ')
                    .Single(word => word.StartsWith("kairosboot.slot=", StringComparison.Ordinal))["kairosboot.slot=".Length..]);
                machine.ExpectEnd(Limit);
                machine = machine.SwitchOnAgain();
            }
            Assert.Equal(["active", "passive", "recovery"], slots);
            // The machine starts again without a person, from full counters. The number of the stop is on the disk.
            machine.ExpectEnd(Limit);
            ConsoleText.HoldsAll(machine.Console, "The machine starts again in 10 min.");
            string left = $"{machine.DiskAsLeft(0)}?offset={disk.StateStart}";
            Assert.Contains("\nstops=1\n", Tool.Run("debugfs", "-R", "cat /bootstate", left), StringComparison.Ordinal);
            machine = machine.SwitchOnAgain();
            machine.Console.Expect(Limit, "RUNS ON ");
            Assert.Contains("kairosboot.slot=active kairosboot.why=order kairosboot.env=ok kairosboot.tries=2",
                machine.Console.Expect(Limit, "\n"), StringComparison.Ordinal);
        }
        finally
        {
            machine.Dispose();
        }
    }

    [Fact]
    public void A_system_that_never_reports_good_is_rebooted_and_the_next_boot_says_why()
    {
        // disk: as kboot builds it; init only waits, as a system that hangs
        using GrubDisk disk = new(new GrubDisk.Kind
        {
            Init = "trap 'reboot -f' TERM\nkboot status\nkboot assess wait &\nwhile :; do sleep 1; done\n",
            KernelArguments = "kairosboot.good-within=20s",
        });
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "counters-not-good", Disks = [disk.File] });
        machine.Console.Expect(Limit, "not marked good yet: the machine reboots in 1 min (");
        machine.Console.Expect(Limit, "(kairosboot.good-within=); rebooting");
        machine.ExpectEnd(Limit);
        string oem = $"{machine.DiskAsLeft(0)}?offset={disk.OemStart}";
        Assert.Contains("did not report good within", Tool.Run("debugfs", "-R", "cat /kairosboot/failed-boots", oem),
            StringComparison.Ordinal);
        if (!Thorough.Run) return;

        using QemuMachine next = machine.SwitchOnAgain();
        next.Console.Expect(Limit, "failed boot: ");
        ConsoleText.HoldsAll(next.Console, "did not report good within");
        Assert.Matches("active +1 ", next.Console.Text);
    }

    [Fact]
    public void An_image_built_without_assessment_is_good_as_soon_as_its_init_starts()
    {
        // disk: as kboot builds it, with active.img from kboot image build --no-assessment; one try is left
        using GrubDisk disk = new();
        disk.Replace("/cOS/active.img", UpgradeImages.Get("unassessed", assessed: false));
        disk.Replace("/bootstate", GrubDisk.Block("active_left=1\n"));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "counters-unassessed", Disks = [disk.File] });
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Equal("unassessed", shell.Run("cat /name"));
        Assert.Equal("active_left=3\nactive_ok=1", shell.Run("grep -E '^active_(left|ok)=' /run/initramfs/cos-state/bootstate"));
        Assert.Contains(" ro,", shell.Run("grep ' /run/initramfs/cos-state ' /proc/mounts"), StringComparison.Ordinal);
        JsonElement report = Report.Of(shell);
        Assert.Equal(("good", 3), (Text(report, "verdict"), report.GetProperty("assessment").GetProperty("active").GetInt32()));
        const string Says = "active is marked good without assessment";
        Assert.Contains(report.GetProperty("problems").Strings("text"), text => text.StartsWith(Says, StringComparison.Ordinal));
        Assert.Contains(Says, shell.Run("dmesg | grep kairos-boot:"), StringComparison.Ordinal);
        // The watch ends at once.
        shell.Run("kboot assess wait");
    }

    public static TheoryData<string> Kinds => [.. (string[])(Thorough.Run ? ["missing", "nines"] : ["missing"])];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Without_counters_active_boots_with_a_problem_and_the_next_boot_counts(string kind)
    {
        string problem = kind == "missing" ? "is missing" : "is not a GRUB environment block";
        // disk: as kboot builds it, without counters or with other content in their file
        using GrubDisk disk = new();
        disk.Replace("/bootstate", kind == "missing" ? null : Encoding.ASCII.GetBytes(new string('9', 1024)));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "counters-" + kind, Disks = [disk.File] });
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Equal("active_mode", shell.Run("cd /run/cos; ls *_mode"));
        Assert.Contains($"assessment inoperative: /bootstate on COS_STATE {problem}",
            string.Join('\n', Report.Of(shell).GetProperty("problems").Strings("text")), StringComparison.Ordinal);
        // From the next boot on, the loader counts. Recovery is selected for one boot; then the usual order applies.
        Assert.Contains("recovery", shell.Run("kboot select recovery --once"), StringComparison.Ordinal);
        shell.Leave("sync; poweroff -f");
        machine.ExpectEnd(Limit);

        using QemuMachine next = machine.SwitchOnAgain();
        shell = GuestShell.OfBusybox(next);
        JsonElement report = Report.Of(shell);
        Assert.Equal(("recovery", "oneshot", "good", "loader"),
            (Text(report, "slot"), Text(report, "why"), Text(report, "verdict"), Text(report.GetProperty("assessment"), "countedBy")));
        Assert.Equal("recovery is good", shell.Run("kboot assess good"));
        Assert.Matches("active +2 +no +next", shell.Run("kboot status"));
    }

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString() ?? "";
}
