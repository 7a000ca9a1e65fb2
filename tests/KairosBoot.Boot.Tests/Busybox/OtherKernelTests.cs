using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>A slot whose image has another kernel than the running one, started by kexec without the loader.</summary>
public sealed class OtherKernelTests
{
    private const string Active = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=1";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(240);

    [Fact]
    public void Passive_starts_with_its_own_kernel_in_the_same_boot()
    {
        // disk: as kboot builds it; active.img without an init, passive.img with another kernel
        using GrubDisk disk = new();
        disk.Replace("/cOS/active.img", disk.Changed("rm /sbin/init"));
        disk.Replace("/cOS/passive.img", OtherKernel.Image("passive"));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "kexec-grub", Disks = [disk.File] });
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Equal(OtherKernel.Release, shell.Run("uname -r"));
        shell.Run($"modprobe {OtherKernel.Module}");
        Assert.Contains(OtherKernel.Module, shell.Run("cut -d' ' -f1 /proc/modules"), StringComparison.Ordinal);
        ConsoleText.HoldsLineWith(machine.Console, "starting the kernel of passive with kexec");
        // No journal had to be replayed, and the loader ran once.
        Assert.DoesNotContain("recovery complete", machine.Console.Text, StringComparison.Ordinal);
        Assert.Single(machine.Console.Text.Split('\n'), line => line.Contains("KairosBoot: starting", StringComparison.Ordinal));

        JsonElement report = Report.Of(shell), assessment = report.GetProperty("assessment");
        Assert.Equal(("passive", "active", "order", "initrd"),
            (Text(report, "slot"), Text(report, "kexecFrom"), Text(report, "why"), Text(assessment, "countedBy")));
        Assert.Equal((0, 2, 3), (Number(assessment, "active"), Number(assessment, "passive"), Number(assessment, "recovery")));
        Assert.Equal("active: its image has no system that could be started", Text(assessment, "givenUp"));
        // The record of the boot that started as active.
        JsonElement failed = Assert.Single(report.GetProperty("failedBoots").EnumerateArray());
        Assert.Equal(("active", "/cOS/active.img"), (Text(failed, "slot"), Text(failed, "image")));
        Assert.Contains("has no program /sbin/init", Text(failed, "problem"), StringComparison.Ordinal);
        string words = shell.Run("cat /proc/cmdline");
        Assert.Contains("kairosboot.kexec=active", words, StringComparison.Ordinal);
        Assert.Contains("kairosboot.disk=", words, StringComparison.Ordinal);
        Assert.Equal("passive is good", shell.Run("kboot assess good"));
    }

    [Fact]
    public void An_image_with_the_agent_of_Kairos_starts_with_its_own_command_line()
    {
        // disk: as kboot builds it; active.img without an init, passive.img with the same kernel and kairos-agent
        using GrubDisk disk = new();
        disk.Replace("/cOS/active.img", disk.Changed("rm /sbin/init"));
        disk.Replace("/cOS/passive.img", disk.Changed("symlink /usr/bin/kairos-agent /bin/true"));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "kexec-agent", Disks = [disk.File] });
        GuestShell shell = GuestShell.OfBusybox(machine);
        string words = shell.Run("cat /proc/cmdline");
        Assert.StartsWith("cos-img/filename=/cOS/passive.img root=LABEL=COS_PASSIVE ", words, StringComparison.Ordinal);
        Assert.DoesNotContain("COS_ACTIVE", words, StringComparison.Ordinal);
        JsonElement report = Report.Of(shell);
        Assert.Equal(("passive", "active"), (Text(report, "slot"), Text(report, "kexecFrom")));
    }

    [Fact]
    public void Recovery_with_another_kernel_boots_with_the_watchdog_armed()
    {
        // disk: | COS_RECOVERY: recovery.squashfs with another kernel | COS_STATE: active.img, bootstate | COS_PERSISTENT |
        using SmallDisk disk = new(
            new Partition("COS_RECOVERY", 48, ("/cOS/recovery.squashfs", OtherKernel.Squashfs("recovery"))),
            new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Ext4), ("/bootstate", GrubDisk.Block("next_slot=recovery\n"))),
            new Partition("COS_PERSISTENT", 16));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "kexec-recovery", Disks = [disk.File], CommandLine = Active + " kairosboot.watchdog=90 odd=\"two words\" -- for init",
        });
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Equal(OtherKernel.Release, shell.Run("uname -r"));
        Assert.Equal("recovery_mode", shell.Run("cd /run/cos; ls *_mode"));
        JsonElement report = Report.Of(shell);
        Assert.Equal(("recovery", "oneshot", "active", "good"),
            (Text(report, "slot"), Text(report, "why"), Text(report, "kexecFrom"), Text(report, "verdict")));
        Assert.Empty(report.GetProperty("failedBoots").EnumerateArray());
        Assert.Equal("active 90", shell.Run("cd /sys/class/watchdog/watchdog0; echo $(cat state timeout)"));
        Assert.EndsWith("odd=\"two words\" -- for init", shell.Run("cat /proc/cmdline"), StringComparison.Ordinal);
    }

    [Fact]
    public void If_kexec_refuses_a_kernel_the_loader_starts_the_slot()
    {
        // disk: as kboot builds it; active.img without an init, passive.img with the modules of another kernel and text as the kernel
        using GrubDisk disk = new();
        disk.Replace("/cOS/active.img", disk.Changed("rm /sbin/init"));
        disk.Replace("/cOS/passive.img", OtherKernel.Image("passive", kernel: "this is no kernel\n"));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "kexec-refused-grub", Disks = [disk.File] });
        machine.ExpectEnd(Limit);
        ConsoleText.HoldsLineWith(machine.Console, "its own cannot be started from here: kexec_file_load", "ENOEXEC");
        ConsoleText.HoldsAll(machine.Console, "nothing to do: the loader starts passive with its own kernel");
        Assert.DoesNotContain(BusyboxRoot.Ready, machine.Console.Text, StringComparison.Ordinal);

        using QemuMachine next = machine.SwitchOnAgain();
        JsonElement report = Report.Of(GuestShell.OfBusybox(next)), assessment = report.GetProperty("assessment");
        Assert.Equal(("recovery", "loader"), (Text(report, "slot"), Text(assessment, "countedBy")));
        // One boot of passive costs one try, whether the loader or kexec starts it.
        Assert.Equal((0, 2, 2), (Number(assessment, "active"), Number(assessment, "passive"), Number(assessment, "recovery")));
        Assert.Equal("passive: the boot loader could not load its kernel or its initrd", Text(assessment, "givenUp"));
    }

    [Fact]
    public void Without_a_loader_the_image_boots_with_the_running_kernel()
    {
        // disk: | COS_STATE: passive.img only, with the modules of another kernel and text as the kernel; bootstate | COS_PERSISTENT |
        using SmallDisk disk = new(
            new Partition("COS_STATE", 48, ("/cOS/passive.img", OtherKernel.Image("passive", kernel: "this is no kernel\n")),
                ("/bootstate", GrubDisk.Block(""))),
            new Partition("COS_PERSISTENT", 16));
        using QemuMachine machine =
            QemuMachine.Start(new MachineSpec { Name = "kexec-refused", Disks = [disk.File], CommandLine = Active });
        GuestShell shell = GuestShell.OfBusybox(machine);
        JsonElement report = Report.Of(shell);
        Assert.Equal(("passive", "degraded", ""), (Text(report, "slot"), Text(report, "verdict"), Text(report, "kexecFrom")));
        Assert.Contains($"the image /cOS/passive.img has no /lib/modules/{shell.Run("uname -r")}: it cannot load drivers for this kernel",
            string.Join('\n', report.GetProperty("problems").Strings("text")), StringComparison.Ordinal);
    }

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString() ?? "";

    private static int Number(JsonElement element, string member) => element.GetProperty(member).GetInt32();
}
