using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>The same initrd with a root without systemd, udev and shared libraries.</summary>
public sealed class BusyboxBootTests
{
    private const string ActiveSlot = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=1";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    [Fact]
    public void A_root_without_systemd_has_all_mounts_and_survives_a_power_cut()
    {
        // disk: | COS_OEM: a config with more paths | COS_STATE: active.img (busybox) | COS_PERSISTENT | DATA |
        using SmallDisk disk = new(
            new Partition("COS_OEM", 8, ("/90_layout.yaml", PlannedBoot.Config)),
            new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Ext4)),
            new Partition("COS_PERSISTENT", 16), new Partition("DATA", 4));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "busybox", Disks = [disk.File], CommandLine = ActiveSlot + PlannedBoot.Options, Reboots = true,
        });
        GuestShell shell = GuestShell.OfBusybox(machine);
        PlannedBoot.Compare(shell);

        Assert.Equal("init", shell.Run("cat /proc/1/comm"));
        Assert.NotEqual(0, shell.Try("touch /usr/written").Status);
        Assert.Equal("1", shell.Run("cat /run/cos/active_mode"));
        Assert.Equal("overlay", shell.Run("awk '$2 == \"/etc\" {print $3}' /proc/mounts"));
        Assert.Equal("nosuid nodev noexec", OptionsOf(shell, "/run/initramfs/cos-state"));
        foreach (string path in (string[])["/oem", "/run/overlay", "/home", "/var/log", "/etc/ssh"])
        {
            Assert.Equal("nosuid nodev",
            OptionsOf(shell, path));
        }

        foreach (string path in (string[])["/", "/etc", "/var", "/usr/local", "/opt"]) Assert.Equal("", OptionsOf(shell, path));
        // Programs run from every mount except COS_STATE.
        foreach (string directory in (string[])["/usr/local", "/var", "/var/lib/rancher", "/opt", "/home", "/oem", "/etc"])
        {
            Assert.Equal("runs",
                shell.Run($"cd {directory} && printf '#!/bin/sh\necho runs\n' > script && chmod 755 script && ./script; cd /"));
        }

        shell.Run("touch /etc/gone /usr/local/kept /var/log/kept && test -e /usr/local/.state/var-log.bind/kept");
        shell.Leave("reboot");

        shell = GuestShell.OfBusybox(machine);
        shell.Run("test ! -e /etc/gone && test -e /usr/local/kept && test -e /var/log/kept");
        shell.Run("touch /usr/local/synced /oem/synced && sync");

        // Power is lost.
        using QemuMachine again = machine.SwitchOnAgain();
        shell = GuestShell.OfBusybox(again);
        shell.Run("test -e /usr/local/synced && test -e /oem/synced");
        Assert.StartsWith("rw", shell.Run("awk '$2 == \"/usr/local\" {print $4}' /proc/mounts"), StringComparison.Ordinal);
        Assert.Equal("good", Report.Of(shell).GetProperty("verdict").GetString());
        shell.Leave("poweroff");
        again.ExpectEnd(Limit);
    }

    private static string OptionsOf(GuestShell shell, string path) =>
        string.Join(' ', shell.Run($"awk '$2 == \"{path}\" {{o = $4}} END {{print o}}' /proc/mounts").Split(',')
            .Where(option => option is "nosuid" or "nodev" or "noexec"));

    [Fact]
    public void The_init_inherits_three_descriptors_and_the_initrd_is_freed()
    {
        // disk: | COS_STATE: active.img (busybox) | COS_PERSISTENT |
        using SmallDisk disk = new(
            new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Ext4)),
            new Partition("COS_PERSISTENT", 16));
        using QemuMachine machine =
            QemuMachine.Start(new MachineSpec { Name = "hand-over", Disks = [disk.File], Processors = 2, CommandLine = ActiveSlot });
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Equal("0 1 2", shell.Run("echo $(ls /proc/1/fd)"));
        // The initramfs is a ramfs here, whose pages cannot be evicted. kairos-boot stays for the shutdown; the modules would take several
        // MiB.
        int program = (int)(new FileInfo(Assets.KairosBoot).Length / 1024);
        int kept = int.Parse(shell.Run("awk '/^Unevictable/ {print $2}' /proc/meminfo"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(kept, program, program + 512);
        Assert.Equal("good", Report.Of(shell).GetProperty("verdict").GetString());
    }

    [Fact]
    public void The_clock_starts_no_earlier_than_the_last_write()
    {
        // disk: | COS_STATE: active.img (busybox) | COS_OEM | COS_PERSISTENT |
        using SmallDisk disk = new(new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Ext4)), new Partition("COS_OEM", 8),
            new Partition("COS_PERSISTENT", 16));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "clock", Disks = [disk.File], CommandLine = ActiveSlot, HardwareClock = "2001-02-03T04:05:06",
        });
        GuestShell shell = GuestShell.OfBusybox(machine);
        TimeSpan age = DateTimeOffset.UtcNow - DateTimeOffset.FromUnixTimeSeconds(long.Parse(shell.Run("date +%s"),
            System.Globalization.CultureInfo.InvariantCulture));
        Assert.InRange(age.TotalMinutes, -5, 5);
        JsonElement report = Report.Of(shell);
        Assert.Equal("good", report.GetProperty("verdict").GetString());
        Assert.StartsWith("the clock said 2001-02-03 04:0", report.GetProperty("problems").Strings("text").Single());
        // A check that had started before would have found that the volume was written in the future.
        Assert.DoesNotContain("in the future", machine.Console.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_malformed_cloud_config_is_reported_by_file_and_line()
    {
        // disk: | COS_OEM: a broken and a valid document | COS_STATE: active.img (busybox) | COS_PERSISTENT |
        using SmallDisk disk = new(
            new Partition("COS_OEM", 8,
                ("/90_broken.yaml", "name: broken\nstages:\n  rootfs: &all\n    - name: [never closed\n  initramfs: *all\n"u8.ToArray()),
                ("/95_sound.yaml", """
                    %TAG ! tag:example.com,2000:
                    ---
                    stages:
                      initramfs:
                        - &write
                          name: !!str sound
                          commands: [ "echo done > /etc/sound", "printf '\\033[91mhostile'" ]
                        - <<: *write
                          commands: [ !odd/tag "echo again >> /etc/sound" ]
                    """u8.ToArray())),
            new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Ext4)),
            new Partition("COS_PERSISTENT", 16));
        using QemuMachine machine =
            QemuMachine.Start(new MachineSpec { Name = "broken-config", Disks = [disk.File], CommandLine = ActiveSlot });
        GuestShell shell = GuestShell.OfBusybox(machine);

        string log = shell.Run("cat /run/kairosboot/boot.log");
        Assert.Matches(@"/oem/90_broken\.yaml:[45]\b", log);
        Assert.DoesNotContain("left running", log, StringComparison.Ordinal);
        // Escape sequences in the output of a command are printed as text, in the log and on the console.
        Assert.Contains(@"\x1b[91mhostile", log, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[91mhostile", log + machine.Console.Text, StringComparison.Ordinal);
        Assert.Equal("degraded", Report.Of(shell).GetProperty("verdict").GetString());
        // Both stages read the file; the report has the problem once.
        Assert.Single(Report.Of(shell).GetProperty("cloudConfigProblems").Strings("file"), "/oem/90_broken.yaml");
        Assert.Equal("done\nagain", shell.Run("cat /etc/sound").ReplaceLineEndings("\n"));
        ConsoleText.HoldsNoStackTrace(machine.Console);
    }

    [Fact]
    public void A_config_that_kills_its_stage_process_ends_only_that_stage()
    {
        // disk: | COS_OEM: a config that kills its parent, and a valid one after it | COS_STATE: active.img (busybox) | COS_PERSISTENT |
        using SmallDisk disk = new(
            new Partition("COS_OEM", 8,
                ("/90_kill.yaml", "stages:\n  rootfs:\n    - commands: [echo said, 'kill -9 $PPID']\n"u8.ToArray()),
                ("/95_sound.yaml", ("stages:\n  rootfs:\n    - commands: ['echo no > /run/never']\n"u8 +
                    "  initramfs:\n    - commands: ['echo $(hostname) > /etc/sound']\n"u8).ToArray())),
            new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Ext4)),
            new Partition("COS_PERSISTENT", 16));
        using QemuMachine machine =
            QemuMachine.Start(new MachineSpec { Name = "killed-stage", Disks = [disk.File], CommandLine = ActiveSlot });
        GuestShell shell = GuestShell.OfBusybox(machine);

        shell.Run("test -e /etc/sound && test ! -e /run/never");
        Assert.Contains("cloud-config stage rootfs ended early (exit 137)", Report.Of(shell).GetProperty("problems").Strings("text"));
        Assert.Equal("degraded", Report.Of(shell).GetProperty("verdict").GetString());
        ConsoleText.HoldsNoStackTrace(machine.Console);
    }

    [Fact]
    public void Unknown_options_are_ignored_and_bad_values_are_warnings()
    {
        // disk: | COS_STATE: active.img (busybox) | COS_PERSISTENT |
        using SmallDisk disk = new(
            new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Ext4)),
            new Partition("COS_PERSISTENT", 16));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "odd-options",
            Disks = [disk.File],
            CommandLine = ActiveSlot +
                " kairosboot.nosuch=1 rd.immucore.whatever foo.bar=baz kairosboot.timeout=soon rd.immucore.overlay=tmpfs:lots" +
                " kairosboot.modules=softdog,nowhere,../../outside modprobe.blacklist=i6300esb,squashfs kairosboot.modules=squashfs",
        });
        GuestShell shell = GuestShell.OfBusybox(machine);
        string log = shell.Run("cat /run/kairosboot/boot.log");
        shell.Run("grep -q '^softdog ' /proc/modules && ! grep -q '^squashfs ' /proc/modules");
        string[] problems = Report.Of(shell).GetProperty("problems").Strings("text");
        Assert.Contains("command line: kairosboot.modules: ../../outside is not the name of a module; it is ignored", problems);
        Assert.Contains("module: kairosboot.modules: the initrd has no module nowhere; add it with kboot initrd build --modules", problems);
        Assert.Contains("module: kairosboot.modules: modprobe.blacklist keeps squashfs out", problems);
        Assert.Contains("kairosboot.timeout=soon", log, StringComparison.Ordinal);
        Assert.Contains("rd.immucore.overlay=tmpfs:lots", log, StringComparison.Ordinal);
        Assert.DoesNotContain("foo.bar",
            log.Split('\n').Where(l => l.Contains("warn", StringComparison.OrdinalIgnoreCase)).DefaultIfEmpty("").Aggregate(string.Concat),
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_boot_waits_for_a_disk_that_appears_late()
    {
        // disk, plugged in three seconds after the stage began: | COS_STATE: active.img (busybox) | COS_PERSISTENT |
        using SmallDisk disk = new(
            new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Ext4)),
            new Partition("COS_PERSISTENT", 16));
        using QemuMachine machine =
            QemuMachine.Start(new MachineSpec { Name = "late-disk", LateDisk = disk.File, CommandLine = ActiveSlot });
        machine.Console.Expect(Limit, "Run /init as init process");
        Thread.Sleep(3000);
        machine.PlugLateDisk();
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Contains("/usr/local", shell.Run("cat /proc/mounts"), StringComparison.Ordinal);
    }
}
