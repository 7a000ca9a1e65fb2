namespace KairosBoot.Plan.Tests;

public sealed class SlotPolicyTests
{
    public static TheoryData<Slot, int, int> EveryReport
    {
        get
        {
            var data = new TheoryData<Slot, int, int>();
            foreach (var slot in Enum.GetValues<Slot>())
            {
                for (var onDisk = 0; onDisk <= BootCounter.Full; onDisk++)
                    for (var reported = 0; reported <= BootCounter.Full; reported++) data.Add(slot, onDisk, reported);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(EveryReport))]
    public void An_attempt_that_the_loader_did_not_write_is_counted_here(Slot slot, int onDisk, int reported)
    {
        var before = new BootCounters { Last = slot }.With(slot, new BootCounter(onDisk, true, ""));
        var request = new BootRequest
        {
            Slot = slot, ImagePath = slot.Image(), TriesLeft = reported,
            LoaderCounters = CounterAccess.Writable, LoaderReadsCounters = true,
        };
        var decision = SlotPolicy.Decide(request, new(before, null), images: [], isChosen: false);
        if (reported == onDisk)
        {
            Assert.Equal((slot, CountedBy.Loader), (decision.Slot, decision.CountedBy));
            Assert.Equal(onDisk, decision.Counters![slot].Left);
            Assert.Empty(decision.Notes);
            return;
        }

        var chosen = decision.Slot!.Value;
        Assert.Equal(CountedBy.Initrd, decision.CountedBy);
        Assert.Equal(before[chosen].Left - 1, decision.Counters![chosen].Left);
        Assert.Contains($"the loader reported {reported} tries left", Assert.Single(decision.Notes).Text);
    }
}
