using Xunit.Abstractions;

namespace KairosBoot.Plan.Tests;

/// <summary>
/// Every state of the counters, combined with every behaviour of the three images, every choice of an operator and a power cut before and
/// after every write: where the machine comes to rest, and that it always does.
/// </summary>
public sealed class EveryBootTests(ITestOutputHelper output)
{
    // Starts of a machine until it rests, and until it reaches a slot that is whole: stops are part of the way, because they end.
    private const int MaxBoots = 20, MaxStarts = 22, VolumeRetries = 3;
    private static readonly Slot[] Slots = [Slot.Active, Slot.Passive, Slot.Recovery];

    // The behaviour of an image: its system reports good; the boot dies after the loader (panic, hang, never good); the loader cannot
    // load it, or its kernel only; the initrd finds that it cannot boot, and the next slot's image has modules for the running kernel,
    // or not; it requires a volume that is missing. Recovery requires no volume.
    private enum Image { Works, Dies, DoesNotLoad, NoInitrd, Faulty, FaultyAndAlone, NeedsVolume }

    private enum End { Running, Reboots, Stopped }

    // The loader: GRUB, which counts; GRUB that can read the counters but not write them; a loader that does not know the counters and
    // always starts that slot's kernel.
    private sealed record Loader(bool Writes, bool Reads, Slot Named);

    private static readonly Loader Grub = new(Writes: true, Reads: true, default), ReadOnly = new(Writes: false, Reads: true, default);
    private static readonly Loader[] Loaders = [Grub, ReadOnly, .. Slots.Select(slot => new Loader(Writes: false, Reads: false, slot))];

    private static readonly VolumeFault Missing = VolumeFault.Of(VolumeFault.Unusable, "LABEL=DATA");

    private static readonly Image[][] Worlds =
        [.. from a in Enum.GetValues<Image>() from p in Enum.GetValues<Image>() from r in Enum.GetValues<Image>()
            where r != Image.NeedsVolume
            select (Image[])[a, p, r]];

    // Only the menu loads initrds.
    private static IEnumerable<Image[]> WorldsOf(Loader loader) => Worlds.Where(world => loader.Reads || !world.Contains(Image.NoInitrd));

    // A machine depends on no other one, so all processors work.
    private static T[] OfEachMachine<T>(Func<Loader, Image[], T> explore) =>
        [.. (from loader in Loaders from world in WorldsOf(loader) select (loader, world)).AsParallel()
            .Select(machine => explore(machine.loader, machine.world))];

    // Whether an image once reported good, and earlier faults of a volume, do not matter to every machine.
    private static IEnumerable<BootCounters> AllFor(Loader loader, Image[] world) => world.Contains(Image.NeedsVolume)
        ? All(goods: 1, volumeFaults: 1 + VolumeRetries) : All(goods: loader == Grub ? 8 : 1);

    private static IEnumerable<BootCounters> All(int goods = 8, int volumeFaults = 1) =>
        from tries in Enumerable.Range(0, 64)
        from first in Slots
        from once in (Slot?[])[null, .. Slots.Cast<Slot?>()]
        from good in Enumerable.Range(0, goods)
        from faults in Enumerable.Range(0, volumeFaults)
        select new BootCounters
        {
            Active = new(tries & 3, (good & 1) != 0, "a"), Passive = new(tries >> 2 & 3, (good & 2) != 0, "b"),
            Recovery = new(tries >> 4, (good & 4) != 0, "c"), First = first, Once = once,
            VolumeFault = faults == 0 ? null : Missing with { Boots = faults }, Stops = tries % (BootCounters.MaxStops + 1),
        };

    /// <summary>
    /// One boot, from power on to its end, by the rules of the menu and of kairos-boot; <paramref name="written"/> receives every block
    /// that is written.
    /// </summary>
    private static (BootCounters Counters, End End, Slot? Slot) Boot(Loader loader, BootCounters counters, Image[] world,
        Action<BootCounters>? written = null)
    {
        void Write(BootCounters next)
        {
            if (next != counters) written?.Invoke(next);
            counters = next;
        }
        var request = new BootRequest { Slot = loader.Named, ImagePath = loader.Named.Image() };
        if (loader.Reads)
        {
            LoadResult Load(Slot slot) => LoadOf(world[(int)slot]);
            var loaded = loader.Writes ? LoaderPolicy.Decide(counters, Load) : LoaderPolicy.DecideReadOnly(counters, Load);
            foreach (var block in loaded.Written) Write(block);
            counters = loaded.Counters;
            if (loaded.Slot is not { } slot) return (counters, loaded.End == LoaderEnd.Stops ? End.Stopped : End.Reboots, null);
            request = request with
            {
                Slot = slot,
                ImagePath = slot.Image(),
                Why = loaded.Why,
                LoaderReadsCounters = true,
                LoaderCounters = loader.Writes ? CounterAccess.Writable : CounterAccess.ReadOnly,
                TriesLeft = loader.Writes ? counters[slot].Left : null,
            };
        }
        return Initrd(request, counters, world, Write);
    }

    private static LoadResult LoadOf(Image image) => image switch
    {
        Image.DoesNotLoad => LoadResult.Nothing,
        Image.NoInitrd => LoadResult.KernelOnly,
        _ => LoadResult.All,
    };

    private static (BootCounters Counters, End End, Slot? Slot) Initrd(BootRequest request, BootCounters counters, Image[] world,
        Action<BootCounters> write)
    {
        void Write(BootCounters? next)
        {
            if (next is not null) write(counters = next);
        }
        var started = request.Slot;
        Slot? counted = null;
        List<Slot> left = [];
        // Each failed attempt removes a slot.
        for (var attempts = 1; attempts <= world.Length; attempts++)
        {
            if (counted != request.Slot)
            {
                var decision = SlotPolicy.Decide(request, new(counters, null), images: [], isChosen: counted is not null);
                Write(decision.Counters);
                if ((counted = decision.Slot) is not { } chosen) return (counters, End.Stopped, null);
                if (chosen != request.Slot) request = request.ForSlot(chosen, decision.Why);
            }
            var slot = request.Slot;
            // Another image's kernel runs, and this image's own kernel cannot be started with kexec.
            var isForeign = slot != started
                && (world[(int)started] == Image.FaultyAndAlone || world[(int)slot] is Image.DoesNotLoad or Image.NoInitrd);
            if (isForeign && FailurePolicy.HandToLoader(request, counters, isCounted: true) is { } handed)
            {
                Write(handed);
                return (counters, End.Reboots, slot);
            }
            switch (world[(int)slot])
            {
                case Image.Works or Image.NeedsVolume when slot == Slot.Recovery:
                    Write(counters.MarkGood(slot));
                    return (counters, End.Running, slot);
                case Image.Works:
                    Write(counters with { VolumeFault = null });
                    Write(counters.MarkGood(slot));
                    return (counters, End.Running, slot);
                case Image.Dies or Image.DoesNotLoad or Image.NoInitrd:
                    return (counters, End.Reboots, slot);
            }
            var failure = world[(int)slot] == Image.NeedsVolume
                ? new BootFailure(FailureKind.VolumeUnusable, "missing", "find it") { Volume = Missing }
                : new(FailureKind.ImageUnbootable, "damaged", "replace it");
            var next = FailurePolicy.Decide(failure, new(slot, new(counters, null))
            {
                Counted = counted, RecoveryExists = slot != Slot.Recovery, VolumeRetries = VolumeRetries, Left = [.. left],
            });
            Write(next.Counters);
            if (next.Action == FailureAction.Reboot) return (counters, End.Reboots, slot);
            left.Add(slot);
            request = request.ForSlot(next.Slot!.Value, next.Why);
        }

        throw new InvalidOperationException($"more than {world.Length} attempts in one boot of {string.Join(' ', world)} from {counters}");
    }

    private static (BootCounters Counters, End End, Slot? Slot, int Boots) Rest(Loader loader, BootCounters counters, Image[] world)
    {
        for (var boots = 1; ; boots++)
        {
            var (after, end, slot) = Boot(loader, counters, world);
            if (end != End.Reboots) return (after, end, slot, boots);
            if (boots >= MaxBoots) Assert.Fail($"no rest after {boots} boots of {string.Join(' ', world)} by {loader} from {counters}");
            counters = after;
        }
    }

    [Fact]
    public void From_every_state_the_machine_reaches_a_good_slot_or_stops()
    {
        var counts = OfEachMachine((loader, world) =>
        {
            int states = 0, most = 0;
            foreach (var start in AllFor(loader, world))
            {
                states++;
                var (rest, end, slot, boots) = Rest(loader, start, world);
                most = Math.Max(most, boots);
                var runnable = Slots.Where(s => world[(int)s] == Image.Works).ToArray();
                if (end == End.Running)
                {
                    Assert.Equal(Image.Works, world[(int)slot!.Value]);
                    // The slot is final: the next boot is the same one, or a better slot that has tries left.
                    Assert.Equal((3, true), (rest[slot.Value].Left, rest[slot.Value].Good));
                    var again = Rest(loader, rest, world);
                    Assert.Equal(End.Running, again.End);
                    continue;
                }
                // No working image had tries left; the next start has full counters and reaches it.
                Assert.DoesNotContain(runnable, s => start[s].Left > 0 || start.Once == s);
                Assert.All(Slots, s => Assert.Equal(3, rest[s].Left));
                Assert.Equal(Math.Min(start.Stops + 1, BootCounters.MaxStops), rest.Stops);
                if (runnable.Length > 0) Assert.Equal(End.Running, Rest(loader, rest, world).End);
            }
            return (states, most);
        });

        int states = counts.Sum(count => count.states), most = counts.Max(count => count.most);
        Assert.Equal(216 * (6144 + 768) + 2 * 78 * 3072 + 3 * (125 * 768 + 55 * 3072), states);
        output.WriteLine($"{states} states of counters and images; {most} boots at most until the machine rests");
    }

    [Fact]
    public void From_every_state_a_whole_slot_is_reached_in_a_bounded_number_of_starts()
    {
        var most = OfEachMachine((loader, world) =>
        {
            var most = 0;
            if (!world.Contains(Image.Works)) return most;
            foreach (var start in All(goods: 1, volumeFaults: world.Contains(Image.NeedsVolume) ? 1 + VolumeRetries : 1))
            {
                var (counters, end) = (start, End.Reboots);
                for (var starts = 1; end != End.Running; starts++)
                {
                    Assert.True(starts <= MaxStarts, $"no whole slot after {MaxStarts} starts of {string.Join(' ', world)} by {loader} "
                        + $"from {start}");
                    most = Math.Max(most, starts);
                    (counters, end, _) = Boot(loader, counters, world);
                }
            }
            return most;
        }).Max();
        output.WriteLine($"{most} starts at most until a whole slot runs");
    }

    // The exception: see docs/limitations.md.
    [Fact]
    public void A_loader_that_can_neither_write_nor_unload_starts_the_same_slot_again()
    {
        var decision = LoaderPolicy.DecideReadOnly(new(), slot => slot == Slot.Active ? LoadResult.KernelOnly : LoadResult.All,
            canUnload: false);
        Assert.Equal((LoaderEnd.Reboots, 0, new BootCounters()), (decision.End, decision.Written.Length, decision.Counters));
    }

    [Fact]
    public void In_every_state_the_next_slot_is_the_first_with_tries_left()
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
            var taken = state.CountAttempt(next);
            Assert.Null(taken.Once);
            Assert.Equal(Math.Max(0, state[next].Left - 1), taken[next].Left);
        }
    }

    [Fact]
    public void After_an_unreadable_initrd_the_next_start_is_another_slot()
    {
        var starts = 0;
        foreach (var world in Worlds.Where(world => world.Contains(Image.NoInitrd)))
        {
            foreach (var start in All(goods: 1))
            {
                List<Slot> tried = [];
                LoadResult Load(Slot slot)
                {
                    tried.Add(slot);
                    return LoadOf(world[(int)slot]);
                }
                var first = LoaderPolicy.Decide(start, Load);
                if (first.Counters.Fault is not { Reason: SlotFault.Initrd } fault || first.End != LoaderEnd.Reboots) continue;
                starts++;
                Assert.Equal(tried[^1], fault.Slot);
                // No image is changed between the two starts, and the choice is not reported as that of an operator.
                tried.Clear();
                var second = LoaderPolicy.Decide(first.Counters, Load);
                if (tried.Count == 0)
                {
                    Assert.Equal(LoaderEnd.Stops, second.End);
                }
                else if (tried[0] == fault.Slot)
                {
                    Assert.DoesNotContain(Slots,
                        s => s != fault.Slot && first.Counters[s].Left > 0 && world[(int)s] != Image.DoesNotLoad);
                }

                Assert.Equal(ChoiceReason.Order, second.Why);
            }
        }
        Assert.InRange(starts, 1000, int.MaxValue);
    }

    [Fact]
    public void A_power_cut_at_any_write_does_not_change_the_final_slot()
    {
        // Starts with a new disk; cuts before and after every write, and every action of an operator in between.
        var total = OfEachMachine((loader, world) =>
        {
            HashSet<BootCounters> reached = [];
            Queue<BootCounters> queue = [];
            void Reach(BootCounters counters)
            {
                counters = counters with { Last = null, Fault = null, Stops = 0 };
                // More of the same faults change only how long recovery waits.
                if (counters.VolumeFault is { Boots: > VolumeRetries } fault)
                    counters = counters with { VolumeFault = fault with { Boots = VolumeRetries } };
                // Whether an image once reported good does not change any choice, so one value is enough.
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
                    Assert.Equal(3, state.SyncWithImages([(slot, "d")])[slot].Left);
                }
                var (_, end, _, _) = Rest(loader, state, world);
                if (end == End.Stopped) Assert.DoesNotContain(Slots, s => world[(int)s] == Image.Works && state[s].Left > 0);
            }
            return reached.Count;
        }).Sum();

        Assert.InRange(total, 10_000, int.MaxValue);
        output.WriteLine($"{total} states reached in {Worlds.Length} kinds of machines");
    }
}
