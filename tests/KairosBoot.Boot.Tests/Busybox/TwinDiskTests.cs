using System.Text;

namespace KairosBoot.Boot.Tests;

/// <summary>Two disks with the same labels: a clone, or the disk of another node that is attached for repair.</summary>
public sealed class TwinDiskTests : IDisposable
{
    // each disk: | COS_OEM: name | COS_STATE: active.img (busybox, /name) | COS_PERSISTENT: name |
    private readonly SmallDisk _first = Disk("first");
    private readonly SmallDisk _second = Disk("second");

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    // The third is the second with the names exchanged.
    public static TheoryData<string, bool> Orders => Thorough.Run
        ? new() { { "first", true }, { "first", false }, { "second", true } }
        : new() { { "first", true }, { "first", false } };

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
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "twins-ambiguous",
            Disks = [_first.File, _second.File],
            CommandLine = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE kairosboot.timeout=5 panic=1",
        });
        machine.ExpectEnd(TimeSpan.FromSeconds(120));
        ConsoleText.HoldsAll(machine.Console, "COS_STATE", "/dev/vda2", "/dev/vdb2", "kairosboot.disk=");
        ConsoleText.HoldsNoStackTrace(machine.Console);
        Assert.DoesNotContain(BusyboxRoot.Ready, machine.Console.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_copies_of_a_disk_are_both_listed_and_neither_boots()
    {
        // The loader names a partition that is on both disks, because copies have equal UUIDs.
        string copy = _first.File + ".copy";
        File.Copy(_first.File, copy);
        try
        {
            using QemuMachine machine = QemuMachine.Start(new MachineSpec
            {
                Name = "twins-copies",
                Disks = [_first.File, copy],
                CommandLine = $"cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE kairosboot.disk={_first.PartitionUuid(2)} " +
                    "kairosboot.timeout=5 panic=1",
            });
            machine.ExpectEnd(TimeSpan.FromSeconds(120));
            ConsoleText.HoldsAll(machine.Console, $"PARTUUID={_first.PartitionUuid(2)} is on more than one device", "/dev/vda2",
                "/dev/vdb2", "detach all but one");
            ConsoleText.HoldsNoStackTrace(machine.Console);
            Assert.DoesNotContain(BusyboxRoot.Ready, machine.Console.Text, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(copy);
        }
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
