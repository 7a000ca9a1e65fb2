namespace KairosBoot.Plan.Tests;

/// <summary>What the next report says about boots that left no reason, from the counters and from one mark.</summary>
public sealed class LostBootTests
{
    private const string Id = "0123456789abcdef0123456789abcdef", Other = "fedcba9876543210fedcba9876543210";

    private static readonly Slot[] Slots = [Slot.Active, Slot.Passive, Slot.Recovery];

    private static BootCounters Good(Slot slot, BootCounters before) =>
        before.MarkGood(slot) with { BootId = before.BootId == Id ? Other : Id };

    /// <summary>The machine and the partition with the mark, as far as lost boots matter.</summary>
    private sealed class Machine
    {
        public BootCounters Counters { get; private set; } = new()
        {
            Active = new(3, true, "a"), Passive = new(3, true, "b"), Recovery = new(3, true, "c"), BootId = Id,
        };

        public string Mark { get; private set; } = "";
        public int Writes { get; private set; }

        /// <summary>A boot that starts its init; null: it has nothing to report.</summary>
        public (Slot Slot, LastSeen Seen)? Start(Slot? once = null)
        {
            var slot = Count(once);
            if (LostBoot.SlotOf(Counters, slot) is not { } lost) return null;
            var seen = LostBoot.Seen(Counters, slot, lost, Mark, isMarked: true);
            Mark = LostBoot.Mark(Counters, slot);
            Writes++;
            return (lost, seen);
        }

        /// <summary>A boot that is lost before it starts its init.</summary>
        public void Lose() => Count(null);

        public void MarkGood() => Counters = Good(Counters.Last!.Value, Counters);

        public void Replace(BootCounters counters) => Counters = counters;

        private Slot Count(Slot? once)
        {
            var slot = once ?? Counters.Next!.Value;
            Counters = Counters.CountAttempt(slot);
            return slot;
        }
    }

    [Fact]
    public void A_boot_after_a_good_boot_reports_and_writes_nothing()
    {
        var machine = new Machine();
        for (var boot = 0; boot < 5; boot++)
        {
            Assert.Null(machine.Start());
            machine.MarkGood();
        }

        Assert.Equal((0, ""), (machine.Writes, machine.Mark));
    }

    [Fact]
    public void The_first_lost_boot_wrote_no_mark_and_the_second_one_did()
    {
        var machine = new Machine();
        Assert.Null(machine.Start()); // after a good boot; lost in the system
        Assert.Equal((Slot.Active, LastSeen.Unknown), machine.Start()); // lost in the system
        Assert.Equal((Slot.Active, LastSeen.System), machine.Start());
        machine.MarkGood();
        Assert.Null(machine.Start());
        Assert.Equal(2, machine.Writes);
    }

    [Fact]
    public void Kernel_or_initrd_is_reported_where_the_mark_is_missing()
    {
        var machine = new Machine();
        machine.Lose();
        machine.Lose();
        Assert.Equal((Slot.Active, LastSeen.Start), machine.Start());
        Assert.Equal((Slot.Active, LastSeen.System), machine.Start()); // passive: active has no tries left
    }

    [Fact]
    public void What_a_fallback_reported_is_not_reported_again()
    {
        var machine = new Machine();
        for (var boot = 0; boot < BootCounter.Full; boot++) machine.Lose();
        Assert.Equal((Slot.Active, LastSeen.Start), machine.Start());
        machine.MarkGood();
        for (var boot = 0; boot < 3; boot++)
        {
            Assert.Null(machine.Start());
            machine.MarkGood();
        }

        Assert.Equal(1, machine.Writes);
        // The same slot is repaired and lost again: that is new.
        machine.Replace(machine.Counters.Reset(Slot.Active));
        for (var boot = 0; boot < BootCounter.Full; boot++) machine.Lose();
        Assert.Equal((Slot.Active, LastSeen.Start), machine.Start());
    }

    [Fact]
    public void A_mark_of_an_earlier_row_of_lost_boots_is_not_mistaken()
    {
        var machine = new Machine();
        for (var boot = 0; boot < BootCounter.Full; boot++) machine.Lose();
        machine.Start(); // passive writes its mark with two tries left
        machine.MarkGood();
        machine.Lose(); // the same slot, the same number of tries
        Assert.Equal((Slot.Passive, LastSeen.Unknown), machine.Start());
    }

    [Fact]
    public void A_slot_whose_fault_is_known_is_not_lost()
    {
        var counters = new Machine().Counters;
        Assert.Null(LostBoot.SlotOf(counters.CountAttempt(Slot.Active).MarkBad(Slot.Active, SlotFault.Damaged).CountAttempt(Slot.Passive),
            Slot.Passive));
        Assert.Null(LostBoot.SlotOf(counters.SyncWithImages([(Slot.Passive, null)]).CountAttempt(Slot.Active), Slot.Active));
        Assert.Null(LostBoot.SlotOf(counters.CountAttempt(Slot.Active).UncountAttempt(Slot.Active).CountAttempt(Slot.Recovery),
            Slot.Recovery));
    }

    [Fact]
    public void From_every_state_of_the_counters_a_good_boot_is_followed_by_one_that_has_nothing_to_report()
    {
        foreach (var state in from tries in Enumerable.Range(0, 64) from known in Enumerable.Range(0, 64) select (tries, known))
        {
            var counters = new BootCounters
            {
                Active = new(state.tries & 3, true, "a") { Known = state.known & 3 },
                Passive = new(state.tries >> 2 & 3, true, "b") { Known = state.known >> 2 & 3 },
                Recovery = new(state.tries >> 4, true, "c") { Known = state.known >> 4 },
            };
            foreach (var slot in Slots)
            {
                var good = Good(slot, counters.CountAttempt(slot));
                Assert.Equal(good, BootBlock.Read(BootBlock.Write(good)).Counters);
                foreach (var next in Slots.Where(next => good[next].Left > 0))
                    Assert.Null(LostBoot.SlotOf(good.CountAttempt(next), next));
                // One that is lost after it is found.
                Assert.Equal(slot, LostBoot.SlotOf(good.CountAttempt(slot).CountAttempt(slot), slot));
            }
        }
    }

    [Fact]
    public void Where_no_mark_can_be_written_nothing_is_claimed()
    {
        var counters = new Machine().Counters;
        for (var boot = 0; boot < BootCounter.Full; boot++) counters = counters.CountAttempt(Slot.Active);
        counters = counters.CountAttempt(Slot.Passive);
        Assert.Equal(LastSeen.Unknown, LostBoot.Seen(counters, Slot.Passive, Slot.Active, "", isMarked: false));
        Assert.Equal(LastSeen.Start, LostBoot.Seen(counters, Slot.Passive, Slot.Active, "", isMarked: true));
    }

    [Fact]
    public void Each_report_says_what_was_seen_last_and_how_to_see_more()
    {
        var texts = Enum.GetValues<LastSeen>().Select(seen => LostBoot.ToRecord(Slot.Active, seen, time: 1)).ToList();
        Assert.All(texts, record => Assert.EndsWith("kboot select active --once", record.Fix));
        Assert.All(texts, record => Assert.Contains("seen last", record.Problem));
        Assert.Equal(texts.Count, texts.Select(record => record.Problem).Distinct().Count());
    }
}
