using System.Collections.Immutable;

namespace KairosBoot.Plan.Tests;

/// <summary>Disks that are byte-for-byte copies of each other, and several paths to one disk.</summary>
public sealed class TwinDiskTests
{
    private const string Id = "00112233445566778899aabbccddeeff", OtherId = "ffeeddccbbaa99887766554433221100";

    /// <summary>The state of the counters on a disk that appears.</summary>
    public enum Disk { Absent, Same, OtherTries, OtherId, OtherLast, NoCounters }

    private static readonly BootCounters Counters = new() { Active = new(2, true, ""), Last = Slot.Active, BootId = Id };

    private static readonly BootRequest Request = BootRequestParser.Parse(KernelCommandLine.Parse(
        $"cos-img/filename=/cOS/active.img kairosboot.disk=aa-5 kairosboot.tries=2 kairosboot.env=ok kairosboot.id={Id}"));

    public static TheoryData<Disk, Disk, Disk> EveryThreeDisks
    {
        get
        {
            var data = new TheoryData<Disk, Disk, Disk>();
            foreach (var a in Enum.GetValues<Disk>())
            {
                foreach (var b in Enum.GetValues<Disk>())
                    foreach (var c in Enum.GetValues<Disk>()) data.Add(a, b, c);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(EveryThreeDisks))]
    public void Only_the_disk_with_the_loaders_counters_or_a_single_disk_is_used(Disk a, Disk b, Disk c)
    {
        Disk[] disks = [a, b, c];
        var present = disks.Count(disk => disk != Disk.Absent);
        var same = disks.Count(disk => disk == Disk.Same);
        var (early, late) = (Decide(Request, disks, timeIsOver: false), Decide(Request, disks, timeIsOver: true));
        if (present == 0)
        {
            Assert.Equal("PARTUUID=aa-5", Assert.Single(late.Missing).ToString());
            return;
        }

        if (same == 1)
        {
            Assert.Equal("sd" + "abc"[Array.IndexOf(disks, Disk.Same)], early.Disk!.Disk);
            Assert.Equal(early.Disk, late.Disk);
            return;
        }

        Assert.Equal((null, true), (early.Disk, early.AwaitsLoadersDisk));
        if (present == 1) Assert.NotNull(late.Disk);
        else Assert.Equal(same > 1 ? same : present, late.Refusal!.Problem.Split('\n').Length - 1);
    }

    [Fact]
    public void A_clean_single_disk_is_mounted_before_its_counters_are_compared()
    {
        var devices = Devices([Disk.OtherTries, Disk.Absent, Disk.Absent], clean: true);
        Assert.Equal("sda", BootDiskSearch.Decide(Request, devices, new(), oemTimedOut: true).Disk!.Disk);
        Assert.Equal("sda5", Assert.Single(BootDiskSearch.Decide(Request, devices, new() { IncludesSingleDisk = true },
            oemTimedOut: true).ToCompare).Name);
    }

    [Fact]
    public void A_single_disk_with_a_journal_to_replay_is_compared_before_it_is_mounted()
    {
        var devices = Devices([Disk.Same, Disk.Absent, Disk.Absent], clean: false);
        Assert.Equal("sda5", Assert.Single(BootDiskSearch.Decide(Request, devices, new(), oemTimedOut: true).ToCompare).Name);
    }

    [Fact]
    public void A_later_attempt_uses_the_same_disk_whatever_its_counters_are()
    {
        var devices = Devices([Disk.OtherTries, Disk.Same, Disk.Absent], clean: true);
        Assert.Equal("sda", BootDiskSearch.Decide(Request, devices, new() { Chosen = "sda" }, oemTimedOut: true).Disk!.Disk);
    }

    [Fact]
    public void Without_an_id_tries_and_last_slot_decide()
    {
        var older = Request with { LoaderBootId = null };
        Assert.Equal("sdb", Decide(older, [Disk.OtherTries, Disk.OtherId, Disk.OtherLast], timeIsOver: false).Disk!.Disk);
    }

    [Fact]
    public void A_loader_that_reports_nothing_leaves_several_disks_refused()
    {
        var silent = BootRequestParser.Parse(KernelCommandLine.Parse("cos-img/filename=/cOS/active.img kairosboot.disk=aa-5"));
        Assert.NotNull(Decide(silent, [Disk.Same, Disk.OtherId, Disk.Absent], timeIsOver: false).Refusal);
        Assert.NotNull(Decide(silent, [Disk.OtherId, Disk.Absent, Disk.Absent], timeIsOver: false).Disk);
        Assert.Null(LoaderTrace.Difference(silent, BootBlock.Unusable("is missing")));
    }

    [Theory]
    [InlineData("naa.5000c500a1b2c3d4", "naa.5000c500a1b2c3d4", Disk.Same, true)]
    [InlineData("naa.5000c500a1b2c3d4", "naa.5000c500a1b2c3d5", Disk.Same, false)]
    [InlineData(null, null, Disk.Same, false)]
    [InlineData("naa.5000000000000000", "naa.5000000000000000", Disk.OtherTries, false)] // a bridge whose id is not unique
    public void Two_paths_to_one_disk_are_one_disk(string? first, string? second, Disk secondDisk, bool areOne)
    {
        var devices = Devices([Disk.Same, secondDisk, Disk.Absent], clean: true)
            .Select(device => device with { Serial = device.Partition == 0 ? "S" : null }).ToImmutableArray();
        var request = Request with { TriesLeft = null, LoaderBootId = null };
        var comparison = Compare(devices, [Disk.Same, secondDisk, Disk.Absent]) with { TimeIsOver = true };
        comparison = comparison with
        {
            Evidence = [comparison.Evidence[0] with { Wwid = first }, comparison.Evidence[1] with { Wwid = second }],
        };
        var decision = BootDiskSearch.Decide(request, devices, comparison, oemTimedOut: true);
        Assert.Equal(areOne ? "sda" : null, decision.Disk?.Disk);
        Assert.Equal(areOne ? 0 : 1, TwinDisks.Ignored(request, "sda", devices, comparison).Length);
    }

    [Fact]
    public void The_refusal_lists_model_serial_number_and_bus_of_each_disk()
    {
        var refusal = Decide(Request, [Disk.Same, Disk.OtherId, Disk.Same], timeIsOver: true).Refusal!;
        Assert.Equal("""
            PARTUUID=aa-5 is on more than one device:
              /dev/sda5 ext4 LABEL=COS_STATE 1.0 MiB PARTUUID=aa-5 model "Twin" serial "Sa" on USB
              /dev/sdc5 ext4 LABEL=COS_STATE 1.0 MiB PARTUUID=aa-5 model "Twin" serial "Sc" on USB
            """.ReplaceLineEndings("\n"), refusal.Problem);
        Assert.Equal("detach all of them but the boot disk; the boot then continues", refusal.Fix);
    }

    [Fact]
    public void The_counters_keep_a_boot_id_and_reject_a_wrong_one()
    {
        Assert.Equal(Id, BootBlock.Read(BootBlock.Write(Counters)).Counters.BootId);
        Assert.DoesNotContain("boot_id", System.Text.Encoding.ASCII.GetString(BootBlock.Write(new())));
        var block = BootBlock.Read(BootBlock.Write(Counters with { BootId = "x;reboot" }));
        Assert.Equal(("", "has invalid values: boot_id"), (block.Counters.BootId, block.Problem));
    }

    private static BootDiskDecision Decide(BootRequest request, Disk[] disks, bool timeIsOver)
    {
        var devices = Devices(disks, clean: true);
        return BootDiskSearch.Decide(request, devices,
            Compare(devices, disks) with { TimeIsOver = timeIsOver, IncludesSingleDisk = true }, oemTimedOut: true);
    }

    private static DiskComparison Compare(ImmutableArray<BlockDevice> devices, Disk[] disks) => new()
    {
        Evidence = [.. devices.Where(device => device.Partition > 0)
            .Select(device => new DiskEvidence(device.Name, null, "USB", BlockOf(disks["abc".IndexOf(device.Name[2])])))],
    };

    private static ImmutableArray<BlockDevice> Devices(Disk[] disks, bool clean)
    {
        var devices = ImmutableArray.CreateBuilder<BlockDevice>();
        for (var i = 0; i < disks.Length; i++)
        {
            if (disks[i] == Disk.Absent) continue;
            var name = "sd" + "abc"[i];
            devices.Add(new(name, name, 0, 1 << 30) { Model = "Twin", Serial = "S" + "abc"[i] });
            devices.Add(new(name + "5", name, 5, 1 << 20)
            {
                PartUuid = "aa-5", Superblock = new("ext4", "COS_STATE", null, 0) { IsClean = clean },
            });
        }

        return devices.ToImmutable();
    }

    private static BootBlock BlockOf(Disk disk) => disk switch
    {
        Disk.OtherTries => new(Counters with { Active = new(3, true, "") }, null),
        Disk.OtherId => new(Counters with { BootId = OtherId }, null),
        Disk.OtherLast => new(Counters with { Last = Slot.Passive }, null),
        Disk.NoCounters => BootBlock.Unusable("is missing"),
        _ => new(Counters, null),
    };
}
