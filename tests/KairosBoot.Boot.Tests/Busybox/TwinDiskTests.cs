using System.Text;

namespace KairosBoot.Boot.Tests;

/// <summary>Two disks with the same labels: a clone, or the disk of another node that is attached for repair.</summary>
public sealed class TwinDiskTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(180);

    // each disk: | COS_OEM: name | COS_STATE: active.img (busybox, /name) | COS_PERSISTENT: name |
    private readonly SmallDisk _first = Disk("first");
    private readonly SmallDisk _second = Disk("second");

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    // The third is the first with the names exchanged.
    public static TheoryData<string, bool> Orders => Thorough.Run
        ? new() { { "first", false }, { "first", true }, { "second", true } }
        : new() { { "first", false } };

    [Theory]
    [MemberData(nameof(Orders))]
    public void Everything_comes_from_the_disk_the_loader_names(string wanted, bool firstDiskFirst)
    {
        SmallDisk disk = wanted == "first" ? _first : _second;
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = $"twins-{wanted}-{(firstDiskFirst ? "ab" : "ba")}",
            Disks = firstDiskFirst ? [_first.File, _second.File] : [_second.File, _first.File],
            CommandLine = $"cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE kairosboot.disk={disk.PartitionUuid(2)} panic=1",
        });
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Equal($"{wanted} {wanted} {wanted}", shell.Run("echo $(cat /name) $(cat /oem/name) $(cat /usr/local/name)"));
    }

    [Fact]
    public void Without_a_named_disk_both_are_listed_and_neither_boots()
    {
        if (!Thorough.Run) return;
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "twins-ambiguous",
            Disks = [_first.File, _second.File],
            CommandLine = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE kairosboot.timeout=5 panic=1",
        });
        machine.Console.Expect(Limit, "kairosboot.disk=PARTUUID");
        ConsoleText.HoldsAll(machine.Console, "COS_STATE", "/dev/vda2", "/dev/vdb2");
        ConsoleText.HoldsNoStackTrace(machine.Console);
        Assert.DoesNotContain(BusyboxRoot.Ready, machine.Console.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_copies_the_one_that_GRUB_started_from_boots_and_the_other_is_reported()
    {
        // disks: as kboot builds it, and a copy of it
        using GrubDisk disk = new();
        string copy = disk.FileWith(File.ReadAllBytes(disk.File));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "twins-copy", Disks = [disk.File], LateDisk = copy });
        machine.Console.Expect(Limit, "KairosBoot: starting");
        machine.PlugLateDisk();
        GuestShell shell = GuestShell.OfBusybox(machine);
        string state = shell.Run("grep ' /run/initramfs/cos-state ' /proc/mounts");
        Assert.StartsWith("/dev/vda5 ", state, StringComparison.Ordinal);
        Assert.Equal("loader", Report.Of(shell).GetProperty("assessment").GetProperty("countedBy").GetString());
        Assert.Matches("/dev/vdb5 .* is a copy of the boot disk vda and is not used; detach it",
            string.Join('\n', Report.Of(shell).GetProperty("problems").Strings("text")));
        Assert.Equal("active is good", shell.Run("kboot assess good"));
        string id = shell.Run("grep -a -o 'boot_id=[0-9a-f]*' /run/initramfs/cos-state/bootstate")["boot_id=".Length..];
        Assert.Equal(0, machine.WritesToLateDisk());
        shell.Leave("sync; poweroff -f");
        machine.ExpectEnd(Limit);
        if (!Thorough.Run) return;

        using QemuMachine next = machine.SwitchOnAgain();
        Assert.Contains($"kairosboot.id={id}", GuestShell.OfBusybox(next).Run("cat /proc/cmdline"), StringComparison.Ordinal);
    }

    [Fact]
    public void Copies_with_equal_counters_are_refused_until_one_is_detached()
    {
        // disks: as kboot builds it, and a copy with the counters that GRUB is going to write to the first one
        using GrubDisk disk = new();
        disk.Replace("/bootstate", GrubDisk.Block("active_left=2\npassive_left=3\nrecovery_left=3\nlast_slot=active\n"));
        string copy = disk.FileWith(File.ReadAllBytes(disk.File));
        disk.Replace("/bootstate", GrubDisk.Block("active_left=3\npassive_left=3\nrecovery_left=3\n"));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "twins-equal", Disks = [disk.File], LateDisk = copy });
        machine.Console.Expect(Limit, "KairosBoot: starting");
        machine.PlugLateDisk();
        machine.Console.Expect(Limit, "to fix: detach all of them but the boot disk");
        ConsoleText.HoldsAll(machine.Console, "is on more than one device:", "/dev/vda5", "/dev/vdb5", "on virtio");
        Assert.Equal(0, machine.WritesToLateDisk());
        machine.UnplugLateDisk();

        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Matches("active +2 ", shell.Run("kboot status"));
        Assert.Equal("degraded", Report.Of(shell).GetProperty("verdict").GetString());
    }

    [Fact]
    public void With_two_oem_partitions_on_the_disk_none_is_mounted()
    {
        // disk: | COS_OEM | COS_STATE: active.img (busybox) | COS_PERSISTENT | COS_OEM |
        byte[] config = Encoding.ASCII.GetBytes("stages: {initramfs: [{commands: ['echo no > /run/never']}]}\n");
        using SmallDisk disk = new(
            new Partition("COS_OEM", 8, ("/90_config.yaml", config)), new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Ext4)),
            new Partition("COS_PERSISTENT", 16), new Partition("COS_OEM", 8, ("/90_config.yaml", config)));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "two-oems", Disks = [disk.File], CommandLine = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=1",
        });
        GuestShell shell = GuestShell.OfBusybox(machine);

        Assert.Equal("", shell.Run("grep ' /oem ' /proc/mounts; ls -d /run/never 2>/dev/null || true"));
        Assert.Equal("degraded", Report.Of(shell).GetProperty("verdict").GetString());
        string problem = Report.Of(shell).GetProperty("problems").Strings("text")
            .Single(text => text.StartsWith("/oem: ", StringComparison.Ordinal));
        Assert.Matches("/dev/vda1 .* and on /dev/vda4 .*; give them different labels", problem);
    }

    private static SmallDisk Disk(string name) => new(
        new Partition("COS_OEM", 8, ("/name", Encoding.ASCII.GetBytes(name))),
        new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Image(name))),
        new Partition("COS_PERSISTENT", 16, ("/name", Encoding.ASCII.GetBytes(name))));
}
