using System.Text;
using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>Active, then passive, then recovery: through GRUB, with images that cannot boot and counters that cannot be read.</summary>
public sealed class BootCounterTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(240);

    [Fact]
    public void A_system_that_never_reports_good_gives_way_to_the_next_until_the_machine_stops()
    {
        // disk: as kboot builds it, with one try left for each slot; init says where it runs and ends
        using GrubDisk disk = new(init: "echo \"RUNS ON $(cat /proc/cmdline)\"; echo b > /proc/sysrq-trigger; sleep 60\n");
        disk.Replace("/bootstate", GrubDisk.Block("active_left=1\npassive_left=1\nrecovery_left=1\n"));
        List<string> slots = [];
        QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "counters-never-good", Disks = [disk.File] });
        try
        {
            while (slots.Count < 4)
            {
                machine.Console.Expect(Limit, "RUNS ON ", "KairosBoot: STOPPED");
                if (machine.Console.Text.Contains("STOPPED", StringComparison.Ordinal))
                {
                    break;
                }
                string line = machine.Console.Expect(Limit, "\n");
                Assert.Contains("kairosboot.tries=0", line, StringComparison.Ordinal);
                slots.Add(line.Split(' ').Single(word => word.StartsWith("kairosboot.slot=", StringComparison.Ordinal))["kairosboot.slot=".Length..]);
                machine.ExpectEnd(Limit);
                machine = machine.SwitchOnAgain();
            }
            Assert.Equal(["active", "passive", "recovery"], slots);
            // Whoever switches a stopped machine on again means all of it.
            machine = machine.SwitchOnAgain();
            machine.Console.Expect(Limit, "RUNS ON ");
            Assert.Contains("kairosboot.slot=active kairosboot.why=order kairosboot.env=ok kairosboot.tries=2", machine.Console.Expect(Limit, "\n"), StringComparison.Ordinal);
        }
        finally
        {
            machine.Dispose();
        }
    }

    [Theory]
    [InlineData("zeroed", "active: the boot loader could not load its kernel or its initrd", 2)]
    [InlineData("superblock", "active: the boot loader could not load its kernel or its initrd", 2)]
    [InlineData("no-kernel", "active: the boot loader could not load its kernel or its initrd", 2)]
    [InlineData("absent", "active: its image is missing", 0)]
    [InlineData("truncated", "active: its image is damaged", 0)]
    [InlineData("no-init", "active: its image has no system that could be started", 0)]
    public void An_image_that_cannot_boot_gives_way_to_passive_at_once_and_the_reason_is_told(string damage, string reason, int left)
    {
        // disk: as kboot builds it, with active.img damaged
        using GrubDisk disk = new();
        byte[] image = GrubDisk.Content;
        disk.Replace("/cOS/active.img", damage switch
        {
            "zeroed" => new byte[image.Length],
            "superblock" => [.. image[..1024], .. new byte[1024], .. image[2048..]],
            "no-kernel" => disk.Changed("rm /boot/vmlinuz"),
            "truncated" => image[..^4096],
            "no-init" => disk.Changed("rm /sbin/init"),
            _ => null,
        });
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "counters-" + damage, Disks = [disk.File] });
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Equal("passive_mode", shell.Run("cd /run/cos; ls *_mode"));
        Assert.EndsWith("/cOS/passive.img", shell.Run("losetup -a | head -n 1"), StringComparison.Ordinal);
        JsonElement report = Report.Of(shell);
        JsonElement assessment = report.GetProperty("assessment");
        Assert.Equal(("passive", "degraded", reason), (Text(report, "slot"), Text(report, "verdict"), Text(assessment, "givenUp")));
        Assert.Equal((left, 2, 3), (Number(assessment, "active"), Number(assessment, "passive"), Number(assessment, "recovery")));
        Assert.Contains("passive runs instead of active (" + reason, shell.Run("cat /run/motd.d/kairosboot"), StringComparison.Ordinal);
        ConsoleText.HoldsLineWith(machine.Console, "passive runs instead of active");

        // Only the system that runs can say that it runs well.
        Assert.Equal("passive is good", shell.Run("kboot assess good"));
        using JsonDocument status = JsonDocument.Parse(shell.Run("kboot status --json"));
        Assert.Equal(("passive", left > 0 ? "active" : "passive"), (Text(status.RootElement, "booted"), Text(status.RootElement, "next")));
        Assert.Equal([left, 3, 3], status.RootElement.GetProperty("slots").EnumerateArray().Select(slot => Number(slot, "triesLeft")));
        Assert.NotEqual(0, shell.Try("touch /run/initramfs/cos-state/written").Status);
    }

    [Theory]
    [InlineData("missing", "is missing")]
    [InlineData("nines", "is not a GRUB environment block")]
    public void Without_counters_active_boots_says_so_and_has_them_at_the_next_boot(string kind, string problem)
    {
        // disk: as kboot builds it, without a block or with something else in its place
        using GrubDisk disk = new();
        disk.Replace("/bootstate", kind == "missing" ? null : Encoding.ASCII.GetBytes(new string('9', 1024)));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "counters-" + kind, Disks = [disk.File] });
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Equal("active_mode", shell.Run("cd /run/cos; ls *_mode"));
        Assert.Contains($"assessment inoperative: /bootstate on COS_STATE {problem}", string.Join('\n', Report.Of(shell).GetProperty("problems").Strings("text")), StringComparison.Ordinal);
        // What is there now is the loader's to count in; recovery once, and then the usual order.
        Assert.Contains("recovery", shell.Run("kboot select recovery --once"), StringComparison.Ordinal);
        shell.Leave("sync; poweroff -f");
        machine.ExpectEnd(Limit);

        using QemuMachine next = machine.SwitchOnAgain();
        shell = GuestShell.OfBusybox(next);
        JsonElement report = Report.Of(shell);
        Assert.Equal(("recovery", "oneshot", "good", "loader"), (Text(report, "slot"), Text(report, "why"), Text(report, "verdict"), Text(report.GetProperty("assessment"), "countedBy")));
        Assert.Equal("recovery is good", shell.Run("kboot assess good"));
        Assert.Matches("active +2 +no +next", shell.Run("kboot status"));
    }

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString() ?? "";

    private static int Number(JsonElement element, string member) => element.GetProperty(member).GetInt32();
}
