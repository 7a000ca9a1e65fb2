using System.Collections.Immutable;

namespace KairosBoot.Plan.Tests;

public sealed class DeviceSearchTests
{
    private static BlockDevice Partition(string name, string label, string type = "ext4", string? uuid = null, string? partUuid = null)
    {
        var disk = name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9');
        return new BlockDevice(name, disk, int.Parse(name[disk.Length..]), 1 << 20)
        {
            Superblock = new Superblock(type, label, uuid, 0), PartUuid = partUuid,
        };
    }

    private static BootDiskDecision Decide(string commandLine, params BlockDevice[] devices) => BootDiskSearch.Decide(
        BootRequestParser.Parse(KernelCommandLine.Parse(commandLine)), [.. devices],
        new() { Evidence = [.. devices.Select(d => new DiskEvidence(d.Name, null, "USB", BootBlock.Unusable("is missing")))] },
        oemTimedOut: false);

    [Fact]
    public void The_only_disk_with_the_label_is_the_boot_disk()
    {
        var decision = Decide("", Partition("vda3", "COS_STATE"), Partition("vda1", "COS_OEM"));
        Assert.Equal(("vda", "vda3", "vda1"), (decision.Disk!.Disk, decision.Disk.Images.Name, decision.Disk.Oem!.Name));
    }

    // sda is the boot disk. "dm-0=sda,sdb" is assembled from those disks, and "sda4!" is held by an assembled device.
    [Theory]
    [InlineData("sda4 dm-0=sda", "sda4")]
    [InlineData("dm-0=sda", "dm-0")]
    [InlineData("md0=sdb,sda", "md0")]
    [InlineData("dm-0=sdb", "none")]
    [InlineData("sda4! dm-0=sda", "dm-0")]
    [InlineData("sda4! sdb4! dm-0=sda,sdb", "dm-0")]
    [InlineData("sda4! md0=sda! dm-0=sda", "dm-0")]
    [InlineData("sda4! dm-0=sdb", "sda4")]
    [InlineData("sda4 dm-0=sda dm-1=sda", "sda4")]
    [InlineData("dm-0=sda dm-1=sda", "dm-0 dm-1")]
    [InlineData("sda4 sda5", "sda4 sda5")]
    public void An_assembled_device_wins_over_its_parts_and_loses_to_a_partition(string text, string expected)
    {
        foreach (var order in (bool[])[false, true])
        {
            var devices = text.Split(' ').Select(Device).ToImmutableArray();
            if (order) devices = [.. devices.Reverse()];
            var found = DeviceSearch.Find(DeviceRef.Label("COS_PERSISTENT"), devices, "sda", onBootDiskOnly: true);
            Assert.Equal(expected, found.Missing ? "none" : string.Join(' ', found.Candidates.Select(one => one.Name).Order()));
        }

        static BlockDevice Device(string word)
        {
            var parts = word.TrimEnd('!').Split('=');
            var plain = parts.Length == 1;
            return new(parts[0], plain ? parts[0][..3] : parts[0], plain ? 4 : 0, 1 << 20)
            {
                Superblock = new("ext4", "COS_PERSISTENT", null, 0), Members = plain ? [] : [.. parts[1].Split(',')],
                IsHeld = word.EndsWith('!'),
            };
        }
    }

    [Fact]
    public void Two_disks_with_the_label_are_refused_with_a_list_of_both()
    {
        var decision = Decide("", Partition("vda3", "COS_STATE"), Partition("vdb3", "COS_STATE"));
        Assert.Null(decision.Disk);
        Assert.Contains("/dev/vda3", decision.Refusal!.Problem);
        Assert.Contains("/dev/vdb3", decision.Refusal.Problem);
        Assert.Contains("kairosboot.disk=", decision.Refusal.Fix);
    }

    [Theory]
    [InlineData("aa-1", "vda3", "vda1")]
    [InlineData("AA-2", "vdb3", "vdb1")]
    public void The_partition_the_loader_named_decides_between_twins(string partUuid, string state, string oem)
    {
        var decision = Decide("kairosboot.disk=" + partUuid,
            Partition("vda1", "COS_OEM"), Partition("vda3", "COS_STATE", partUuid: "aa-1"),
            Partition("vdb1", "COS_OEM"), Partition("vdb3", "COS_STATE", partUuid: "aa-2"));
        Assert.Equal((state, oem), (decision.Disk!.Images.Name, decision.Disk.Oem!.Name));
    }

    [Fact]
    public void Two_copies_of_a_disk_are_refused_with_model_and_serial()
    {
        BlockDevice Disk(string name, string serial) => new(name, name, 0, 1 << 30) { Model = "Twin", Serial = serial };
        var decision = Decide("kairosboot.disk=aa-1", Disk("sda", "S1"), Partition("sda5", "COS_STATE", partUuid: "aa-1"),
            Disk("sdb", "S2"), Partition("sdb5", "COS_STATE", partUuid: "aa-1"));
        Assert.Null(decision.Disk);
        Assert.Equal("PARTUUID=aa-1 is on more than one device:\n  /dev/sda5 ext4 LABEL=COS_STATE 1.0 MiB PARTUUID=aa-1 model \"Twin\" " +
            "serial \"S1\" on USB\n"
            + "  /dev/sdb5 ext4 LABEL=COS_STATE 1.0 MiB PARTUUID=aa-1 model \"Twin\" serial \"S2\" on USB", decision.Refusal!.Problem);
        Assert.Equal("detach all of them but the boot disk; the boot then continues", decision.Refusal.Fix);
    }

    [Fact]
    public void Of_two_disks_with_different_ids_the_loaders_disk_boots()
    {
        foreach (var (wanted, name) in new[] { ("first", "sda5"), ("second", "sdb5") })
        {
            var decision = Decide($"kairosboot.disk={new DiskSeed(wanted).Partition(5)}",
                Partition("sda5", "COS_STATE", partUuid: $"{new DiskSeed("first").Partition(5)}"),
                    Partition("sdb5", "COS_STATE", partUuid: $"{new DiskSeed("second").Partition(5)}"));
            Assert.Equal(name, decision.Disk!.Images.Name);
        }
    }

    [Fact]
    public void Another_disk_does_not_replace_the_loaders_disk()
    {
        var decision = Decide("kairosboot.disk=aa-9", Partition("vda3", "COS_STATE", partUuid: "aa-1"));
        Assert.Null(decision.Disk);
        Assert.Equal("PARTUUID=aa-9", Assert.Single(decision.Missing).ToString());
    }

    [Fact]
    public void An_OEM_partition_on_another_disk_is_not_used()
    {
        var decision = Decide("", Partition("vda3", "COS_STATE"), Partition("vdb1", "COS_OEM"));
        Assert.Equal("vda", decision.Disk!.Disk);
        Assert.Null(decision.Disk.Oem);
    }

    [Fact]
    public void Of_two_OEM_partitions_on_the_disk_none_is_mounted_and_both_are_named()
    {
        var decision = Decide("", Partition("vda3", "COS_STATE"), Partition("vda1", "COS_OEM"), Partition("vda7", "COS_OEM"));
        Assert.Equal(("vda3", null), (decision.Disk!.Images.Name, decision.Disk.Oem));
        Assert.StartsWith("LABEL=COS_OEM is on /dev/vda1", decision.Disk.OemProblem);
        Assert.Contains(" and on /dev/vda7", decision.Disk.OemProblem);
    }

    [Fact]
    public void A_LUKS_container_with_the_label_is_not_a_candidate()
    {
        var devices = ImmutableArray.Create(Partition("vda4", "DATA", "crypto_LUKS"), Partition("vda5", "DATA"));
        Assert.Equal("vda5", DeviceSearch.Find(DeviceRef.Label("DATA"), devices, "vda", onBootDiskOnly: false).Device!.Name);
    }

    [Fact]
    public void A_partition_name_is_used_if_no_file_system_has_the_label()
    {
        var named = new BlockDevice("vda2", "vda", 2, 1) { PartLabel = "DATA", Superblock = new Superblock("xfs", null, null, 0) };
        Assert.Equal("vda2", DeviceSearch.Find(DeviceRef.Label("DATA"), [named], null, onBootDiskOnly: false).Device!.Name);
        Assert.Equal("vda5", DeviceSearch.Find(DeviceRef.Label("DATA"), [named, Partition("vda5", "DATA")], null, false).Device!.Name);
    }

    [Fact]
    public void A_data_label_is_searched_on_the_boot_disk_first()
    {
        BlockDevice here = Partition("vda9", "DATA"), there = Partition("vdb1", "DATA");
        Assert.Equal("vda9", DeviceSearch.Find(DeviceRef.Label("DATA"), [here, there], "vda", onBootDiskOnly: false).Device!.Name);
        Assert.Equal("vdb1", DeviceSearch.Find(DeviceRef.Label("DATA"), [there], "vda", onBootDiskOnly: false).Device!.Name);
    }

    [Theory]
    [InlineData("LABEL=a b", DeviceRefKind.Label, "a b")]
    [InlineData("UUID=\"1-2\"", DeviceRefKind.Uuid, "1-2")]
    [InlineData("/dev/disk/by-partlabel/x", DeviceRefKind.PartLabel, "x")]
    [InlineData("/dev/sda1", DeviceRefKind.Path, "/dev/sda1")]
    public void Every_form_of_a_device_reference_is_read(string text, DeviceRefKind kind, string value) =>
        Assert.Equal(new DeviceRef(kind, value), DeviceRef.TryParse(text));

    [Theory]
    [InlineData("sda1")]
    [InlineData("LABEL=")]
    [InlineData("/dev/")]
    [InlineData("")]
    public void Any_other_text_is_not_a_device_reference(string text) => Assert.Null(DeviceRef.TryParse(text));
}
