using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>Systems for arm64, built on this machine and started in QEMU's board "virt".</summary>
public sealed class Arm64Tests
{
    private const string ActiveSlot = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=1";
    private const double MaxProgramMiB = 4.75;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(300);
    private static readonly GrubDisk.Kind Kind = new() { Arm64 = true, KernelArguments = "panic=1" };

    [Fact]
    public void A_kernel_without_a_loader_boots_the_image()
    {
        // disk: | COS_OEM | COS_STATE: active.img (busybox) | COS_PERSISTENT |
        using SmallDisk disk = new(
            new Partition("COS_OEM", 8),
            new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.ImageWith("arm64", _ => { }, arm64: true))),
            new Partition("COS_PERSISTENT", 16));
        DateTime started = DateTime.UtcNow;
        using QemuMachine machine =
            QemuMachine.Start(new MachineSpec
            {
                Name = "arm64-direct", Arm64 = true, Processors = 2, Disks = [disk.File], CommandLine = ActiveSlot,
            });
        GuestShell shell = GuestShell.OfBusybox(machine);
        Figures.Add("arm64: direct boot to a shell", $"{(DateTime.UtcNow - started).TotalSeconds:F0} s");
        Assert.Equal("aarch64", shell.Run("uname -m"));
        Assert.Equal("1", shell.Run("cat /run/cos/active_mode"));
        Assert.NotEqual(0, shell.Try("touch /usr/written").Status);
        Assert.Equal("overlay", shell.Run("awk '$2 == \"/etc\" {print $3}' /proc/mounts"));
        shell.Run("touch /usr/local/kept /home/kept /oem/kept");
        Assert.Equal("good", Report.Of(shell).GetProperty("verdict").GetString());
    }

    [Fact]
    public void Grub_of_the_image_boots_the_disk_and_counts()
    {
        // disk: as kboot builds it, for arm64
        using GrubDisk disk = new(Kind);
        DateTime started = DateTime.UtcNow;
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "arm64-grub", Arm64 = true, Disks = [disk.File] });
        GuestShell shell = GuestShell.OfBusybox(machine);
        Figures.Add("arm64: boot through GRUB to a shell", $"{(DateTime.UtcNow - started).TotalSeconds:F0} s");
        Assert.Equal("aarch64", shell.Run("uname -m"));
        JsonElement report = Report.Of(shell), assessment = report.GetProperty("assessment");
        Assert.Equal(("active", "good", "loader"),
            (Text(report, "slot"), Text(report, "verdict"), Text(assessment, "countedBy")));
        Assert.Equal(2, assessment.GetProperty("active").GetInt32());
        // Firmware says which console there is.
        Assert.DoesNotContain("console=", shell.Run("cat /proc/cmdline"), StringComparison.Ordinal);
        Assert.Equal("active is good", shell.Run("kboot assess good"));
        Assert.Matches("active +3 +yes", shell.Run("kboot status"));
    }

    [Fact]
    public void The_boot_program_is_at_most_4_75_MiB()
    {
        long size = new FileInfo(Assets.Arm64KairosBoot).Length;
        Figures.Add("arm64: kairos-boot", $"{size} bytes");
        Figures.Add("arm64: kboot", $"{new FileInfo(Assets.Arm64KBoot).Length} bytes");
        Figures.Add("arm64: initrd, virtio set", $"{new FileInfo(Assets.Arm64Initrd).Length} bytes");
        Figures.Add("arm64: initrd, generic set", $"{new FileInfo(Assets.Arm64GenericInitrd).Length} bytes");
        Assert.InRange(size, 1, (long)(MaxProgramMiB * (1 << 20)));
    }

    [ThoroughTheory]
    [InlineData("resets")]
    [InlineData("panics")]
    public void An_upgrade_and_a_fallback_boot_and_an_image_for_a_PC_is_refused(string broken)
    {
        // disks: as kboot builds it for arm64, and one with new.img, broken.img, whose init resets the machine or exits, and pc.img for
        // x86-64
        using GrubDisk disk = new(Kind);
        string init = broken == "resets" ? UpgradeImages.NeverGood : "exit 1\nkboot assess good\n";
        using SmallDisk images = UpgradeImages.Disk(("new.img", UpgradeImages.Get("new", arm64: true)),
            ("broken.img", UpgradeImages.Get("broken", init: init, arm64: true)),
            ("pc.img", UpgradeImages.Get("pc")));
        using UpgradingMachine machine =
            new(new MachineSpec { Name = $"arm64-upgrade-{broken}", Arm64 = true, Disks = [disk.File, images.File] });
        Assert.Equal("active is good", machine.Shell.Run("kboot assess good"));
        string first = machine.Images.Active;

        (int status, string output) = machine.Shell.Try("kboot upgrade --image /mnt/pc.img 2>&1");
        Assert.Equal(1, status);
        Assert.Contains("is for another architecture: its /boot/vmlinuz is for x86_64, this machine is aarch64", output,
            StringComparison.Ordinal);
        Assert.Equal(first, machine.Images.Active);

        Assert.Equal("active is new, passive is what was active", machine.Change("kboot upgrade --image /mnt/new.img").Outcome);
        machine.Restart();
        Assert.Equal(("active", ("new", "good")), (machine.Boots, machine.System));
        Assert.Equal("active is good", machine.Shell.Run("kboot assess good"));
        Assert.Equal("3+ 3+ 3", machine.Slots);

        machine.Change("kboot upgrade --image /mnt/broken.img");
        machine.Restart();
        Assert.Equal(("active active active passive", ("new", "degraded")), (machine.Boots, machine.System));
        Assert.Equal("passive is good", machine.Shell.Run("kboot assess good"));
        Assert.Equal("0 3+ 3", machine.Slots);
    }

    [ThoroughTheory]
    [InlineData("gzip -1")]
    [InlineData("gzip -9 -n")]
    public void Grub_starts_a_kernel_that_is_packed_with_gzip(string pack)
    {
        // disk: as kboot builds it for arm64; the kernel of active.img is packed
        using GrubDisk disk = new(Kind);
        string packed = disk.FileWith("");
        Tool.Run("sh", "-c", $"{pack} < '{Assets.Arm64Kernel}' > '{packed}'");
        disk.Replace("/cOS/active.img", disk.Changed("rm /boot/vmlinuz", "cd /boot", $"write {packed} vmlinuz"));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "arm64-gzip", Arm64 = true, Disks = [disk.File] });
        JsonElement report = Report.Of(GuestShell.OfBusybox(machine));
        Assert.Equal(("active", "good"), (Text(report, "slot"), Text(report, "verdict")));
    }

    [ThoroughTheory]
    [InlineData("rm /sbin/init")]
    [InlineData("rm /bin/busybox")]
    public void A_kernel_that_cannot_load_another_one_leaves_it_to_the_loader(string damage)
    {
        // disk: as kboot builds it for arm64; active.img whose init is missing, passive.img with modules of another release only
        using GrubDisk disk = new(Kind);
        string release = Path.GetFileName(Directory.GetDirectories(Path.Combine(Assets.Arm64Root, "lib/modules")).Single());
        disk.Replace("/cOS/active.img", disk.Changed(damage));
        disk.Replace("/cOS/passive.img", disk.Changed("cd /lib/modules", "mkdir another", $"rmdir {release}"));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "arm64-no-kexec", Arm64 = true, Disks = [disk.File] });
        machine.ExpectEnd(Limit);
        // Debian's kernels for arm64 have no CONFIG_KEXEC_FILE.
        ConsoleText.HoldsLineWith(machine.Console, "its own cannot be started from here: kexec_file_load", "ENOSYS");
        ConsoleText.HoldsAll(machine.Console, "nothing to do: the loader starts passive with its own kernel");

        using QemuMachine next = machine.SwitchOnAgain();
        JsonElement report = Report.Of(GuestShell.OfBusybox(next));
        Assert.Equal(("passive", "loader"), (Text(report, "slot"), Text(report.GetProperty("assessment"), "countedBy")));
        Assert.Contains(report.GetProperty("failedBoots").EnumerateArray(),
            boot => Text(boot, "problem").Contains("kexec_file_load", StringComparison.Ordinal));
    }

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString() ?? "";
}
