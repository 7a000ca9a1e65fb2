using KairosBoot.Execution;
using KairosBoot.Lifecycle;
using KairosBoot.Plan;
using Xunit.Abstractions;

namespace KairosBoot.Linux.Tests.Upgrade;

/// <summary>A requested reset: the power cut at every write, errors, and the request itself.</summary>
public sealed class RequestedResetTests(ITestOutputHelper log)
{
    private static readonly Dictionary<string, byte[]> Images = new[] { "active", "passive", "new" }.Select((name, seed) =>
    {
        var bytes = new byte[96 << 10];
        new Random(seed).NextBytes(bytes);
        return (name, bytes);
    }).ToDictionary();

    // What a boot does to the counters, GRUB's part.
    private static void Boot(string state) =>
        BootStateFile.Update(state + SystemPaths.BootState, block => block.Counters.CountAttempt(block.Counters.Next!.Value));

    private static BootCounters Counters(string state) => BootStateFile.Read(state + SystemPaths.BootState).Counters;

    private static void Reset(string state)
    {
        var factory = new FactorySwitch(state);
        factory.Clear();
        factory.Change(() =>
        {
            using var file = Syscall.Open(factory.Transition, OpenFlags.WriteOnly | OpenFlags.Create, Octal.O644);
            Syscall.WriteAll(file, Images["new"]);
            Syscall.FSync(file);
        });
        factory.Commit();
    }

    private static bool Recover(string state, bool isAutomatic = false) =>
        new RequestedReset(state, _ => { }).Run(isAutomatic, _ => Reset(state));

    private static string Partition(string scratch)
    {
        var tree = Directory.CreateDirectory(scratch + "/tree").FullName;
        Directory.CreateDirectory(tree + "/cOS");
        File.WriteAllBytes(tree + "/cOS/active.img", Images["active"]);
        File.WriteAllBytes(tree + "/cOS/passive.img", Images["passive"]);
        File.WriteAllBytes(tree + "/bootstate", BootBlock.Write(new BootCounters
        {
            Active = new(3, true, ""), Passive = new(3, true, ""), First = Slot.Passive, Recovery = new(0, true, ""),
        }));
        MountNamespace.Tool("mke2fs", "-q", "-F", "-t", "ext4", "-O", "^metadata_csum_seed,^orphan_file", "-b", "4096", "-d", tree,
            scratch + "/part", "8M");
        Directory.CreateDirectory(scratch + "/state");
        return scratch + "/part";
    }

    private static void Mount(string file, string place)
    {
        using var device = LoopDevice.Attach(file, readOnly: false);
        Syscall.Mount(device.Path, place, "ext4", MountFlags.ReadOnly, "");
    }

    private static string Mounted(string scratch)
    {
        Mount(Partition(scratch), scratch + "/state");
        return scratch + "/state";
    }

    /// <summary>
    /// From the request to the last write. At each cut, the machine either has not been changed, or boots recovery again, which completes
    /// the reset, or is reset.
    /// </summary>
    [Fact]
    public void After_any_power_cut_a_requested_reset_completes() => MountNamespace.Run(scratch =>
    {
        var before = File.ReadAllBytes(Partition(scratch));
        var (events, armed) = Record(scratch, before);
        var random = new Random(1);
        var ends = new Dictionary<string, int>();
        for (var count = 0; count <= events.Length; count++)
        {
            if (count > 0 && events[count - 1].IsFlush) continue;
            var flushed = Array.FindLastIndex(events, Math.Max(0, count - 1), row => row.IsFlush) + 1;
            List<DiskEvent[]> orders = [events[..count]];
            // A disk may write unflushed blocks in any order.
            if (count > flushed + 1)
                orders.Add([.. events[..flushed], .. events[flushed..count].Where(_ => random.Next(2) == 0)]);
            foreach (var order in orders)
            {
                var end = Judge(scratch, before, order, mustReset: count >= armed, $"cut after {count} of {events.Length} writes");
                ends[end] = ends.GetValueOrDefault(end) + 1;
            }
        }

        log.WriteLine("figure: power cuts of a requested reset: " + string.Join(", ", ends.Select(row => $"{row.Key} {row.Value}")));
        Assert.True(ends["recovery"] > 50 && ends["unchanged"] > 0 && ends["reset"] > 0, string.Join(' ', ends));
    });

    private static (DiskEvent[] Events, int Armed) Record(string scratch, byte[] before)
    {
        File.WriteAllText(scratch + "/disk", "");
        using var disk = new RecordedDisk(scratch + "/disk", [.. before]);
        var state = scratch + "/state";
        Mount(scratch + "/disk", state);
        ResetAtNextBoot.Write(state, oem: true, persistent: false);
        var armed = disk.Events.Length;
        Boot(state);
        Assert.True(Recover(state));
        var events = disk.Events;
        Syscall.Umount(state);
        return (events, armed);
    }

    private static string Judge(string scratch, byte[] before, DiskEvent[] written, bool mustReset, string cut)
    {
        var bytes = (byte[])before.Clone();
        foreach (var row in written) row.Content.CopyTo(bytes, row.Offset);
        var file = scratch + "/cut";
        File.WriteAllBytes(file, bytes);
        var grub = PartitionView.OfGrub(file);
        Assert.True(grub.Block.Problem is null, cut);
        var next = grub.Block.Counters.Next;
        var place = Directory.CreateDirectory(scratch + "/mounted").FullName;
        Mount(file, place);
        try
        {
            var images = Name(place, Slot.Active) + Name(place, Slot.Passive);
            if (next != Slot.Recovery)
            {
                Assert.True(images == "newnew" || (!mustReset && images == "activepassive"), $"{cut}: boots {next}, images {images}");
                Assert.False(Recover(place), cut); // what recovery would do later
                return images == "newnew" ? "reset" : "unchanged";
            }

            Boot(place);
            Assert.True(Recover(place), cut);
            Assert.Equal((Slot.Active, "new", "new", false), (Counters(place).Next, Name(place, Slot.Active), Name(place, Slot.Passive),
                File.Exists(place + SystemPaths.ResetRequest)));
            return "recovery";
        }
        finally { Syscall.Umount(place); }
    }

    private static string Name(string state, Slot slot)
    {
        var bytes = File.ReadAllBytes(state + slot.Image());
        return Images.FirstOrDefault(row => row.Value.AsSpan().SequenceEqual(bytes)).Key ?? "rubbish";
    }

    [Fact]
    public void An_error_is_tried_three_times_and_then_recovery_stays_first() => MountNamespace.Run(scratch =>
    {
        var state = Mounted(scratch);
        ResetAtNextBoot.Write(state, oem: false, persistent: true);
        var labels = new List<string>();
        void Fail(IReadOnlyList<string> given)
        {
            labels.AddRange(given);
            throw new OperatorException("COS_PERSISTENT is\nin use", "end it");
        }
        for (var start = 1; start < ResetRequest.MaxFailures; start++)
        {
            Boot(state);
            Assert.True(new RequestedReset(state, _ => { }).Run(isAutomatic: false, Fail));
            Assert.Equal(Slot.Recovery, Counters(state).Next);
        }

        Boot(state);
        for (var boot = 0; boot < 2; boot++) // the second one is a later boot, which does not try again
        {
            Assert.Equal("the requested reset failed 3 times: COS_PERSISTENT is in use",
                Assert.Throws<OperatorException>(() => new RequestedReset(state, _ => { }).Run(isAutomatic: true, Fail)).Problem);
        }

        Assert.Equal(["COS_PERSISTENT", "COS_PERSISTENT", "COS_PERSISTENT"], labels);
        using var location = BootStateLocation.Open(state);
        Assert.StartsWith("the requested reset failed 3 times: COS_PERSISTENT is in use; to fix:", BootStatus.Read(location).ResetRequest);
        Assert.Equal(Slot.Recovery, Counters(state).First);
        // By hand, as the message says.
        Reset(state);
        new RequestedReset(state, _ => { }).Finish();
        Assert.Equal((Slot.Active, null), (Counters(state).Next, BootStatus.Read(location).ResetRequest));
    });

    [Fact]
    public void A_reset_that_is_always_interrupted_ends_too() => MountNamespace.Run(scratch =>
    {
        var state = Mounted(scratch);
        ResetAtNextBoot.Write(state, oem: false, persistent: false);
        var starts = 0;
        OperatorException? end = null;
        while (end is null)
        {
            try
            {
                new RequestedReset(state, _ => { }).Run(isAutomatic: false, _ =>
                {
                    starts++;
                    throw new OperationCanceledException();
                });
            }
            catch (OperationCanceledException) { }
            catch (OperatorException failure) { end = failure; }
        }

        Assert.Equal((ResetRequest.MaxStarts, "the requested reset was interrupted 10 times"), (starts, end.Problem));
    });

    [Fact]
    public void A_request_that_is_removed_or_overruled_is_not_carried_out() => MountNamespace.Run(scratch =>
    {
        var state = Mounted(scratch);
        var before = Counters(state);
        ResetAtNextBoot.Write(state, oem: false, persistent: false);
        ResetAtNextBoot.Write(state, oem: true, persistent: false); // the slot to go back to stays
        Assert.Equal(Slot.Passive, ResetAtNextBoot.Cancel(state));
        Assert.Equal((before.First, before.Next), (Counters(state).First, Counters(state).Next));
        Assert.False(Recover(state));
        Assert.Null(ResetAtNextBoot.Cancel(state));

        ResetAtNextBoot.Write(state, oem: false, persistent: false);
        using var location = BootStateLocation.Open(state);
        SlotSelection.SelectFirst(location, Slot.Active);
        Assert.StartsWith("requested, but active is first", BootStatus.Read(location).ResetRequest);
        Assert.False(Recover(state));
        Assert.Equal("active", Name(state, Slot.Active));
    });

    [Fact]
    public void The_entry_statereset_erases_the_data_and_keeps_the_configs() => MountNamespace.Run(scratch =>
    {
        var state = Mounted(scratch);
        IReadOnlyList<string>? erased = null;
        Assert.True(new RequestedReset(state, _ => { }).Run(isAutomatic: true, labels =>
        {
            erased = labels;
            // A power cut here leads back to recovery, without the word kairos.reset.
            Assert.Equal(Slot.Recovery, Counters(state).Next);
            Reset(state);
        }));
        Assert.Equal(["COS_PERSISTENT"], erased!);
        Assert.Equal(Slot.Active, Counters(state).Next);
    });

    [Fact]
    public void A_damaged_request_is_reported_and_can_be_removed() => MountNamespace.Run(scratch =>
    {
        var state = Mounted(scratch);
        ResetAtNextBoot.Write(state, oem: false, persistent: false);
        MountedPartition.Change(state, () => File.WriteAllText(state + SystemPaths.ResetRequest, "oem=2\n"));
        Assert.Contains("/reset-request is damaged", Assert.Throws<OperatorException>(() => Recover(state)).Problem);
        using var location = BootStateLocation.Open(state);
        Assert.Contains("is damaged; to fix: remove it: kboot reset --cancel", BootStatus.Read(location).ResetRequest);
        Assert.Equal(Slot.Active, ResetAtNextBoot.Cancel(state));
        Assert.Null(BootStatus.Read(location).ResetRequest);
    });
}
