using Xunit.Abstractions;

namespace KairosBoot.Plan.Tests;

/// <summary>
/// Every state the counters can be in, with every way in which the three images can behave, every choice of an operator and a power cut before
/// and behind every write: where the machine comes to rest, and that it always does.
/// </summary>
public sealed class EveryBootTests(ITestOutputHelper output)
{
    private const int MostBoots = 10;
    private static readonly Slot[] Slots = [Slot.Active, Slot.Passive, Slot.Recovery];

    // How an image behaves: its system reports good; the boot dies after the loader (panic, hang, never good); the loader cannot load it; the initrd
    // sees that it cannot boot, and its neighbour has modules for the running kernel, or not.
    private enum Image { Works, Dies, DoesNotLoad, Faulty, FaultyAndAlone }

    private enum End { Running, Reboots, Stopped }

    // Who starts the kernel: GRUB, which counts; GRUB that can read the counters and not write them; a loader that knows nothing of them and starts
    // that slot's kernel, whatever happens.
    private sealed record Loader(bool Writes, bool Reads, Slot Named);

    private static readonly Loader Grub = new(Writes: true, Reads: true, default), ReadOnly = new(Writes: false, Reads: true, default);
    private static readonly Loader[] Loaders = [Grub, ReadOnly, .. Slots.Select(slot => new Loader(Writes: false, Reads: false, slot))];

    private static readonly Image[][] Worlds =
        [.. from a in Enum.GetValues<Image>() from p in Enum.GetValues<Image>() from r in Enum.GetValues<Image>() select (Image[])[a, p, r]];

    private static IEnumerable<BootCounters> All(int goods = 8) =>
        from tries in Enumerable.Range(0, 64)
        from first in Slots
        from once in (Slot?[])[null, .. Slots.Cast<Slot?>()]
        from good in Enumerable.Range(0, goods)
        select new BootCounters
        {
            Active = new(tries & 3, (good & 1) != 0, "a"), Passive = new(tries >> 2 & 3, (good & 2) != 0, "b"),
            Recovery = new(tries >> 4, (good & 4) != 0, "c"), First = first, Once = once,
        };

    /// <summary>One boot, from power on to its end; <paramref name="written"/> sees every block on its way to the disk.</summary>
    private static (BootCounters Counters, End End, Slot? Slot) Boot(Loader loader, BootCounters counters, Image[] world, Action<BootCounters>? written = null)
    {
        if (!loader.Writes) return BootCountedHere(loader, counters, world, written);
        BootCounters Write(BootCounters next)
        {
            written?.Invoke(next);
            return counters = next;
        }
        List<Slot> failed = [];
        var slot = counters.Next;
        while (true)
        {
            if (slot is not { } chosen)
            {
                if (Slots.Any(s => counters[s].Left > 0)) return (counters, End.Reboots, null);
                Write(counters.Refill());
                return (counters, End.Stopped, null);
            }
            Write(counters.Take(chosen));
            switch (world[(int)chosen])
            {
                case Image.Works:
                    Write(counters.MarkGood(chosen));
                    return (counters, End.Running, chosen);
                case Image.Dies:
                    return (counters, End.Reboots, chosen);
                case Image.DoesNotLoad:
                    failed.Add(chosen);
                    counters = counters with { Fault = new(chosen, SlotFault.Load) };
                    slot = counters.NextBut([.. failed]);
                    break;
                case Image.FaultyAndAlone:
                    Write(counters.MarkBad(chosen, SlotFault.Damaged));
                    if (counters.Next is { } other) Write(counters with { Once = other });
                    return (counters, End.Reboots, chosen);
                default:
                    Write(counters.MarkBad(chosen, SlotFault.Damaged));
                    slot = counters.Next;
                    // The initrd has nothing to stop with: it reboots, and the loader stops.
                    if (slot is null) return (counters, End.Reboots, chosen);
                    break;
            }
        }
    }

    // The same where kairos-boot takes the try and chooses. A kernel that cannot be loaded cannot be started from there either: the loader is asked to,
    // and where it is not, the image is mounted all the same, and may well not come up with the other's kernel.
    private static (BootCounters Counters, End End, Slot? Slot) BootCountedHere(Loader loader, BootCounters counters, Image[] world, Action<BootCounters>? written)
    {
        BootCounters Write(BootCounters next)
        {
            written?.Invoke(next);
            return counters = next;
        }
        Slot? started = loader.Named;
        if (loader.Reads)
        {
            // What GRUB does with counters that it cannot write: it begins anew by itself.
            List<Slot> failed = [];
            BootCounters Full() => counters.Refill() with { Once = null };
            started = counters.Next ?? Full().Next;
            while (started is { } loaded && world[(int)loaded] == Image.DoesNotLoad)
            {
                failed.Add(loaded);
                started = Full().NextBut([.. failed]);
            }
            // Nothing can be loaded: GRUB has nothing that it could write either, and stops.
            if (started is null) return (counters.Refill(), End.Stopped, null);
        }
        var chosen = counters.NextWithout(started.Value, loader.Reads);
        if (chosen is null)
        {
            Write(counters.Refill());
            return (counters, End.Stopped, null);
        }
        for (var slot = chosen; slot is { } booted; slot = counters.Next)
        {
            Write(counters.Take(booted));
            switch (world[(int)booted])
            {
                case Image.Works:
                    Write(counters.MarkGood(booted));
                    return (counters, End.Running, booted);
                case Image.DoesNotLoad when loader.Reads && booted != started:
                    if (counters.LeaveToLoader(booted, loaderCounts: false) is { } left) Write(left);
                    return (counters, End.Reboots, booted);
                case Image.Dies or Image.DoesNotLoad:
                    return (counters, End.Reboots, booted);
                default:
                    Write(counters.MarkBad(booted, SlotFault.Damaged));
                    break;
            }
        }
        return (counters, End.Reboots, chosen);
    }

    private static (BootCounters Counters, End End, Slot? Slot, int Boots) Rest(Loader loader, BootCounters counters, Image[] world)
    {
        for (var boots = 1; ; boots++)
        {
            var (after, end, slot) = Boot(loader, counters, world);
            if (end != End.Reboots) return (after, end, slot, boots);
            if (boots >= MostBoots) Assert.Fail($"no rest after {boots} boots of {string.Join(' ', world)} by {loader} from {counters}");
            counters = after;
        }
    }

    [Fact]
    public void From_every_state_the_machine_comes_to_rest_in_a_good_slot_or_stops_and_starts_anew()
    {
        int states = 0, most = 0;
        foreach (var loader in Loaders)
            foreach (var world in Worlds)
                foreach (var start in All(goods: loader == Grub ? 8 : 1))
                {
                    states++;
                    var (rest, end, slot, boots) = Rest(loader, start, world);
                    most = Math.Max(most, boots);
                    var runnable = Slots.Where(s => world[(int)s] == Image.Works).ToArray();
                    if (end == End.Running)
                    {
                        Assert.Equal(Image.Works, world[(int)slot!.Value]);
                        // It stays where it is: the next boot is the same one, or a better slot that has tries.
                        Assert.Equal((3, true), (rest[slot.Value].Left, rest[slot.Value].Good));
                        var again = Rest(loader, rest, world);
                        Assert.Equal(End.Running, again.End);
                        continue;
                    }
                    // Nothing that works had a try left, and whoever switches it on again gets to what works.
                    Assert.DoesNotContain(runnable, s => start[s].Left > 0 || start.Once == s);
                    Assert.All(Slots, s => Assert.Equal(3, rest[s].Left));
                    if (runnable.Length > 0) Assert.Equal(End.Running, Rest(loader, rest, world).End);
                }
        Assert.Equal(125 * (6144 + 4 * 768), states);
        output.WriteLine($"{states} states of counters and images; {most} boots at most until the machine rests");
    }

    [Fact]
    public void In_every_state_there_is_a_next_slot_and_none_with_tries_before_it_is_passed_over()
    {
        foreach (var state in All())
        {
            if (state.Next is not { } next)
            {
                Assert.All(Slots, slot => Assert.Equal(0, state[slot].Left));
                Assert.NotNull(state.Refill().Next);
                continue;
            }
            if (state.Once is { } once) Assert.Equal(once, next);
            else Assert.All(state.Order.TakeWhile(slot => slot != next), slot => Assert.Equal(0, state[slot].Left));
            var taken = state.Take(next);
            Assert.Null(taken.Once);
            Assert.Equal(Math.Max(0, state[next].Left - 1), taken[next].Left);
        }
    }

    [Fact]
    public void A_power_cut_at_any_write_loses_no_slot_and_ends_nowhere_else()
    {
        // From a new disk, with cuts before and behind every write and everything an operator can do in between.
        var total = 0;
        foreach (var loader in Loaders)
            foreach (var world in Worlds)
            {
                HashSet<BootCounters> reached = [];
                Queue<BootCounters> queue = [];
                void Reach(BootCounters counters)
                {
                    counters = counters with { Last = null, Fault = null };
                    // What an image once reported does not matter to any choice: once is enough.
                    if (loader != Grub)
                        foreach (var slot in Slots) counters = counters.With(slot, counters[slot] with { Good = false });
                    if (reached.Add(counters)) queue.Enqueue(counters);
                }
                Reach(new BootCounters { Active = new(3, false, "a"), Passive = new(3, false, "b"), Recovery = new(3, false, "c") });
                while (queue.TryDequeue(out var state))
                {
                    Boot(loader, state, world, Reach);
                    foreach (var slot in Slots)
                    {
                        Reach(state with { Once = slot });
                        Reach(state with { First = slot });
                        Reach(state.Reset(slot));
                        Assert.Equal(3, state.Observe([(slot, "d")])[slot].Left);
                    }
                    var (_, end, _, _) = Rest(loader, state, world);
                    if (end == End.Stopped) Assert.DoesNotContain(Slots, s => world[(int)s] == Image.Works && state[s].Left > 0);
                }
                total += reached.Count;
            }
        Assert.InRange(total, 10_000, int.MaxValue);
        output.WriteLine($"{total} states reached in {Worlds.Length} kinds of machines");
    }
}
