using System.Text;

namespace KairosBoot.Plan.Tests;

/// <summary>Devices that exist and cannot be used: what each is called, and what to do. All of it is golden text.</summary>
public sealed class DeviceFaultTests
{
    private const string Uuid = "9e8b2e1c-1111-2222-3333-444455556666";

    private static readonly BlockDevice Plain = new("vda6", "vda", 6, 64 << 20) { PartLabel = "COS_PERSISTENT" };
    private static readonly BlockDevice Whole = new("vdb", "vdb", 0, 64 << 20);

    /// <summary>A device with each fault, in the order of the table.</summary>
    internal static readonly (DeviceFaultKind Kind, BlockDevice Device)[] Devices =
    [
        (DeviceFaultKind.Encrypted, Plain with { Superblock = new(Superblock.Luks, null, Uuid, 0) }),
        (DeviceFaultKind.Lvm, Plain with { Superblock = new(Superblock.Lvm, null, null, 0) }),
        (DeviceFaultKind.Raid, Plain with { Superblock = new(Superblock.Raid, "any:0", Uuid, 0) }),
        (DeviceFaultKind.Bcache, Plain with { Superblock = new(Superblock.Bcache, null, Uuid, 0) }),
        (DeviceFaultKind.Zfs, Plain with { Finding = new(DeviceFaultKind.Zfs) }),
        (DeviceFaultKind.Swap, Plain with { Superblock = new(Superblock.Swap, null, Uuid, 0) }),
        (DeviceFaultKind.Unreadable, Plain with { Unreadable = "Input/output error (EIO)" }),
        (DeviceFaultKind.TableBeyondDisk,
            Whole with { Finding = new(DeviceFaultKind.TableBeyondDisk, "64.0 MiB, but its partition table needs 128.0 MiB") }),
        (DeviceFaultKind.FirstTableDamaged, Whole with { Finding = new(DeviceFaultKind.FirstTableDamaged) }),
        (DeviceFaultKind.TablesDamaged, Whole with { Finding = new(DeviceFaultKind.TablesDamaged) }),
        (DeviceFaultKind.SuperblockDamaged, Plain with
        {
            Finding = new(DeviceFaultKind.SuperblockDamaged, "its backup in block 8193 (ext4)", "e2fsck -b 8193 -B 1024 /dev/vda6")
            {
                Label = "COS_PERSISTENT"
            }
        }),
        (DeviceFaultKind.DeviceTooSmall, Plain with { Superblock = new("ext4", "COS_PERSISTENT", Uuid, 128 << 20) }),
        (DeviceFaultKind.UnknownContent, Plain),
    ];

    [Fact]
    public void Each_fault_has_its_own_message_and_its_own_fix()
    {
        var text = new StringBuilder();
        foreach (var (_, device) in Devices)
        {
            var fault = DeviceFault.Of(device)!;
            text.Append(fault.Problem).Append("\n  to fix: ").Append(fault.Fix).Append('\n');
        }
        var protectedDevice = new DeviceFault(DeviceFaultKind.WriteProtected, Plain);
        text.Append($"{protectedDevice.Problem}\n  to fix: {protectedDevice.Fix}\n");
        Assert.Equal(Golden.ReplaceLineEndings("\n"), text.ToString());
    }

    [Fact]
    public void Every_kind_of_fault_has_a_device_and_no_fix_recreates_it()
    {
        Assert.All(Devices, row => Assert.Equal(row.Kind, DeviceFault.Of(row.Device)!.Kind));
        Assert.Equal(Enum.GetValues<DeviceFaultKind>().Where(kind => kind != DeviceFaultKind.WriteProtected),
            Devices.Select(row => row.Kind));
        foreach (var kind in Enum.GetValues<DeviceFaultKind>())
        {
            foreach (var word in (string[])["recreate", "format", "mkfs", "missing", "wipe"])
                Assert.DoesNotContain(word, DeviceFaultTexts.Problem(kind) + DeviceFaultTexts.Fix(kind));
        }
    }

    public static TheoryData<DeviceFaultKind> OnTheBootDisk() =>
        [.. Devices.Where(row => row.Device.Partition > 0).Select(row => row.Kind)];

    [Theory]
    [MemberData(nameof(OnTheBootDisk))]
    public void A_faulty_persistent_volume_is_named_as_what_it_is(DeviceFaultKind kind)
    {
        var device = Devices.Single(row => row.Kind == kind).Device;
        var problem = Problem(Decide("", [State, device]));
        var fault = DeviceFault.Of(device)!;
        Assert.Equal((StepClass.Required, $"LABEL=COS_PERSISTENT:/usr/local: {fault.Problem}",
            fault.Fix + "; recovery boots without it, and with kairosboot.persistent=tmpfs this system does"),
            (problem.ProblemClass, problem.Problem!.Problem, problem.Problem.Fix));
    }

    // GPT names of other installers do not contain the label, and a LUKS container of version 1 has none.
    [Fact]
    public void A_container_without_the_wanted_name_is_a_suspect()
    {
        var device = Devices[0].Device with { PartLabel = "persistent" };
        var problem = Problem(Decide("", [State, device]));
        Assert.Equal("LABEL=COS_PERSISTENT:/usr/local: the boot disk has no such partition; it may be inside another one: " +
            DeviceFault.Of(device)!.Problem, problem.Problem!.Problem);
        Assert.StartsWith("open it in recovery (cryptsetup open /dev/vda6 data)", problem.Problem!.Fix);
    }

    [Theory]
    [InlineData("COS_PERSISTENT")]
    [InlineData("COS_PERSISTENT_LUKS")]
    public void A_container_is_found_by_its_own_label(string label)
    {
        var device = Devices[0].Device with { PartLabel = null, Superblock = new(Superblock.Luks, label, Uuid, 0) };
        var problem = Problem(Decide("", [State, device]));
        Assert.StartsWith("LABEL=COS_PERSISTENT:/usr/local: /dev/vda6 is encrypted", problem.Problem!.Problem);
    }

    [Fact]
    public void A_volume_that_does_not_exist_is_called_missing()
    {
        // A partition without a file system may be the one of a boot loader.
        var problem = Problem(Decide("", [State, new BlockDevice("vda1", "vda", 1, 1 << 20)]));
        Assert.Equal(("LABEL=COS_PERSISTENT:/usr/local: the boot disk has no such partition",
            "correct the name of the volume, or create the partition in recovery; recovery boots without it, " +
            "and with kairosboot.persistent=tmpfs this system does"),
            (problem.Problem!.Problem, problem.Problem!.Fix));
    }

    [Theory]
    [InlineData(DeviceFaultKind.TableBeyondDisk)]
    [InlineData(DeviceFaultKind.FirstTableDamaged)]
    [InlineData(DeviceFaultKind.TablesDamaged)]
    public void A_disk_whose_partitions_are_hidden_is_named_for_a_missing_data_volume(DeviceFaultKind kind)
    {
        var disk = Devices.Single(row => row.Kind == kind).Device;
        var persistent = Plain with { Superblock = new("ext4", "COS_PERSISTENT", Uuid, 0) };
        var decision = Decide("rd.immucore.mount=LABEL=DATA:/data", [State, persistent, disk], final: true);
        var problem = Problem(decision);
        Assert.Equal((StepClass.Degraded, "LABEL=DATA:/data (kernel command line): no such device appeared; it may be inside " +
            "another one: " + DeviceFault.Of(disk)!.Problem, DeviceFault.Of(disk)!.Fix),
            (problem.ProblemClass, problem.Problem!.Problem, problem.Problem.Fix));
        Assert.Empty(decision.Awaited);
        // A partition with the name of another volume is not suspected.
        var encrypted = Devices[0].Device;
        Assert.Equal(DeviceFault.Of(disk)!.Fix, Decide("rd.immucore.mount=LABEL=DATA:/data", [State, encrypted, disk], final: true)
            .Volumes.Single(volume => volume.Request.Path == "/data").Problem!.Fix);
        // Until the end, the disk of the volume may still appear.
        Assert.Single(Decide("rd.immucore.mount=LABEL=DATA:/data", [State, persistent, disk]).Awaited);
    }

    [Fact]
    public void An_unreadable_state_partition_ends_the_wait_with_its_error()
    {
        var unreadable = new BlockDevice("vda2", "vda", 2, 1 << 30) { PartUuid = "aa-2", Unreadable = "Input/output error (EIO)" };
        // By its name in the partition table, or because the loader started from it.
        foreach (var device in new[] { unreadable with { PartLabel = "COS_STATE" }, unreadable with { PartLabel = "state" } })
        {
            var decision = Boot("kairosboot.disk=aa-2", device);
            Assert.Equal("/dev/vda2 cannot be read: Input/output error (EIO)", decision.Fault!.Problem);
            Assert.Empty(decision.Missing);
        }
        // Another disk may hold it.
        Assert.Null(Boot("", unreadable with { PartLabel = "state" }).Fault);
        // The loader's own partition may have no file system.
        Assert.Null(Boot("kairosboot.disk=aa-2", new BlockDevice("vda2", "vda", 2, 1 << 20) { PartUuid = "aa-2" }).Fault);
        // Recovery is on another partition.
        var recovery = new BlockDevice("vda3", "vda", 3, 1 << 30) { Superblock = new("ext4", "COS_RECOVERY", null, 0) };
        Assert.Equal("vda3", Boot("kairosboot.disk=aa-2 root=LABEL=COS_RECOVERY", unreadable, recovery).Disk!.Images.Name);
    }

    [Fact]
    public void An_OEM_partition_that_cannot_be_used_is_reported()
    {
        var oem = Devices[0].Device with { PartLabel = "COS_OEM" };
        var disk = Boot("", State, oem).Disk!;
        Assert.Null(disk.Oem);
        Assert.StartsWith("/dev/vda6 is encrypted (LUKS), and kairos-boot does not open it, so it is not mounted; to fix: open it",
            disk.OemProblem);
        Assert.Null(Boot("", State).Disk!.OemProblem);
    }

    [Fact]
    public void Sizes_that_look_the_same_are_shown_in_bytes() => Assert.StartsWith(
        "/dev/vda6 has 67108864 bytes, but its ext4 needs 67109888: disk or partition was made smaller",
        DeviceFault.Of(Plain with { Superblock = new("ext4", null, null, (64 << 20) + 1024) })!.Problem);

    private static FoundVolume Problem(VolumeDecision decision) => Assert.Single(decision.Volumes, volume => volume.Problem is not null);

    private static BlockDevice State => new("vda2", "vda", 2, 1 << 30) { Superblock = new("ext4", "COS_STATE", null, 0) };

    private static BootDiskDecision Boot(string commandLine, params BlockDevice[] devices) =>
        BootDiskSearch.Decide(BootRequestParser.Parse(KernelCommandLine.Parse(commandLine)), [.. devices], new(), oemTimedOut: false);

    private static VolumeDecision Decide(string commandLine, BlockDevice[] devices, bool final = false)
    {
        var request = BootRequestParser.Parse(KernelCommandLine.Parse(commandLine));
        return VolumeSearch.Decide(LayoutReader.Read(request, null, null, null), request, [.. devices], new BootDisk("vda", State, null),
            final);
    }

    private const string Golden = """
        /dev/vda6 is encrypted (LUKS), and kairos-boot does not open it
          to fix: open it in recovery (cryptsetup open /dev/vda6 data), and copy the data to a plain partition of that name
        /dev/vda6 is an LVM physical volume, and kairos-boot does not activate it
          to fix: activate it in recovery (vgchange -ay), and copy the data to a plain partition of that name
        /dev/vda6 is a member of an md RAID array, and kairos-boot does not assemble it
          to fix: assemble it in recovery (mdadm --assemble --scan), and copy the data to a plain partition of that name
        /dev/vda6 belongs to bcache, and kairos-boot does not attach it
          to fix: attach it in recovery (echo /dev/vda6 > /sys/fs/bcache/register), and copy the data to a plain partition of that name
        /dev/vda6 is a member of a ZFS pool, and kairos-boot does not import it
          to fix: import the pool in a system with ZFS (zpool import), and copy the data to a plain partition of that name
        /dev/vda6 is swap space, not a file system
          to fix: correct the name of the volume, or the name of the partition
        /dev/vda6 cannot be read: Input/output error (EIO)
          to fix: check cable and disk (smartctl -a /dev/vda), and copy the disk (ddrescue) before any repair
        /dev/vdb has 64.0 MiB, but its partition table needs 128.0 MiB: the disk was made smaller, or its copy is incomplete
          to fix: restore the size of the disk, or copy it again; do not repair the partition table
        the first copy of the partition table of /dev/vdb is damaged, but the backup at the end of the disk is intact
          to fix: restore the first copy with gdisk /dev/vdb (r, b, w, y); until then, gpt on the kernel command line selects the backup
        both copies of the partition table of /dev/vdb are damaged
          to fix: copy the disk (ddrescue), and search the copy for the partitions (testdisk)
        the first superblock of /dev/vda6 is damaged, but its backup in block 8193 (ext4) is intact
          to fix: repair it in recovery: e2fsck -b 8193 -B 1024 /dev/vda6
        /dev/vda6 has 64.0 MiB, but its ext4 needs 128.0 MiB: disk or partition was made smaller, or its copy is incomplete
          to fix: restore the size of disk and partition, or copy it again; do not run fsck before
        /dev/vda6 has no file system that kairos-boot knows
          to fix: find out in recovery what it holds (blkid -p /dev/vda6), and correct the name of the volume or restore the data
        /dev/vda6 is write-protected
          to fix: remove the write protection: the switch of the medium, the setting of the hypervisor, or blockdev --setrw /dev/vda6

        """;
}
