using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>GRUB, running the menu, decides and writes what the rules in KairosBoot.Plan say.</summary>
public class GrubRulesTests : Scratch
{
    private static readonly Slot[] Slots = Enum.GetValues<Slot>();

    // Ways in which GRUB fails to load an image.
    private static readonly string[] Broken =
    [
        "rm $image", "truncate -s 0 $image", "head -c 1M /dev/zero > $image", "debugfs -w -R 'rm /boot/vmlinuz' $image 2>/dev/null",
        "debugfs -w -R 'rm /boot/initrd' $image 2>/dev/null", "dd if=/dev/zero of=$image bs=1024 seek=1 count=1 conv=notrunc 2>/dev/null",
    ];

    [Fact]
    public void Grub_starts_the_next_slot_and_counts_one_try_for_all_counters()
    {
        var states =
            from tries in Enumerable.Range(0, 64)
            from first in Slots
            from once in (Slot?[])[null, .. Slots.Cast<Slot?>()]
            // All counters in the usual order, and each other combination of the choices with some of them.
            where (first == Slot.Active && once is null) || tries % 7 == (int)first + (once is null ? 3 : (int)once)
            select Counters(tries) with
            {
                First = first,
                Once = once,
                Fault = tries % 2 == 0 ? null : new(Slot.Passive, SlotFault.Damaged),
                Stops = tries % 4,
                Last = tries % 4 == 3 ? null : Slots[tries % 3],
                ShowMenu = tries % 5 == 2,
            };
        Together(states.Index().GroupBy(state => state.Index % 4), part =>
            Check(new GrubRun(Directory.CreateDirectory(PathOf($"all{part.Key}")).FullName), part.Select(state => state.Item),
                slot => LoadResult.All));
    }

    [Fact]
    public void Grub_continues_with_the_next_slot_if_an_image_cannot_be_loaded() => Together(Enumerable.Range(1, 7), which =>
    {
        // The slots whose bits are set in the number cannot be loaded.
        var unloadable = Slots.Where(slot => (which >> (int)slot & 1) != 0).ToArray();
        var run = new GrubRun(Directory.CreateDirectory(PathOf($"some{which}")).FullName,
            unloadable.ToDictionary(slot => slot, slot => Broken[(which + 2 * (int)slot) % Broken.Length]));
        var states = new[] { 63, 0, 5, 16, 23 }.Select(Counters);
        BootCounters[] more = [Counters(0) with { Stops = which % 4 }, Counters(42) with { Once = Slot.Recovery },
            Counters(20) with { First = Slot.Passive }];
        Check(run, [.. states, .. more],
            slot => unloadable.Contains(slot) ? LoadResult.Nothing : LoadResult.All);
    });

    [Fact]
    public void Grub_reboots_into_the_next_slot_if_an_initrd_cannot_be_read() => Together(SomeWithoutInitrd(), results =>
    {
        var run = WithImages("initrd" + string.Concat(results.Select(result => (int)result)), results);
        BootCounters[] states = [Counters(63), Counters(5), Counters(1), Counters(42) with { Once = Slot.Passive, First = Slot.Recovery },
            Counters(63) with { First = Slot.Passive }];
        Check(run, states, slot => results[(int)slot]);
        // The next start continues the order.
        var after = LoaderPolicy.Decide(states[0], slot => results[(int)slot]).Counters;
        if (after.Once is not null) Check(run, [after], slot => results[(int)slot]);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Without_writing_grub_unloads_the_kernel_or_waits_and_reboots(bool canUnload) => Together(SomeWithoutInitrd(), results =>
    {
        var run = WithImages($"unload{canUnload}{string.Concat(results.Select(result => (int)result))}", results, canUnload);
        var expected = LoaderPolicy.DecideReadOnly(new BootCounters(), slot => results[(int)slot], canUnload);
        var end = run.Run(Full("active_left=3\n"));
        Assert.Equal((string.Join(' ', results), Ending(expected), expected.Slot?.Name()),
            (string.Join(' ', results), end.End, end.Word("kairosboot.slot")));
        Assert.Equal(expected.End == LoaderEnd.Reboots, end.Waits);
        Assert.Equal(Full("active_left=3\n"), end.Block);
    });

    [Fact]
    public void With_an_invalid_block_active_boots_uncounted_and_the_block_is_unchanged()
    {
        var run = new GrubRun(Directory.CreateDirectory(PathOf("bad")).FullName);
        byte[][] blocks = [Encoding.ASCII.GetBytes(new string('9', 1024)), new byte[1024],
            Encoding.ASCII.GetBytes("# GRUB Environment block\nactive_left=0\n".PadRight(1024, '#'))];
        foreach (var block in blocks)
        {
            var end = run.Run(block);
            Assert.Equal(("started", "active", "bad", null),
                (end.End, end.Word("kairosboot.slot"), end.Word("kairosboot.env"), end.Word("kairosboot.tries")));
            Assert.Equal(block, end.Block);
        }
    }

    [Theory]
    [InlineData("active_left=9\npassive_left=9\nrecovery_left=9\n", "bad")]
    [InlineData("active_left=-1\n", "bad")]
    [InlineData("active_left=$active_ok\nnext_slot=a b\n", "bad")]
    [InlineData("active_left=\"; halt\n", "bad")]
    [InlineData("first_slot=nowhere\n", "bad")]
    [InlineData("active_left=\nnext_slot=\n", "ok")]
    [InlineData("prefix=(hd9)/evil\nroot=hd9\nstate=hd9\nloaded=0\n", "ok")]
    [InlineData("", "ok")]
    public void Impossible_values_count_as_never_booted_and_are_reported_once(string content, string env)
    {
        var run = new GrubRun(Directory.CreateDirectory(PathOf("odd")).FullName);
        var end = run.Run(GrubRun.Block(content));
        Assert.Equal(("started", "active", env, "2"),
            (end.End, end.Word("kairosboot.slot"), end.Word("kairosboot.env"), end.Word("kairosboot.tries")));
        var again = BootBlock.Read(end.Block);
        Assert.Equal((2, 3, 3, null),
            (again.Counters.Active.Left, again.Counters.Passive.Left, again.Counters.Recovery.Left, again.Counters.Once));
        if (!content.Contains("first_slot", StringComparison.Ordinal)) Assert.Equal("ok", run.Run(end.Block).Word("kairosboot.env"));
    }

    [Theory]
    [InlineData("active_left=2\npassive_left=3\nrecovery_left=3\n", "active")]
    [InlineData("active_left=0\npassive_left=1\nrecovery_left=3\n", "passive")]
    [InlineData("active_left=0\npassive_left=0\nrecovery_left=0\n", "active")]
    public void A_read_only_block_still_selects_the_slot(string content, string slot)
    {
        var end = new GrubRun(Directory.CreateDirectory(PathOf("full")).FullName).Run(Full(content));
        Assert.Equal(("started", slot, "ro", null),
            (end.End, end.Word("kairosboot.slot"), end.Word("kairosboot.env"), end.Word("kairosboot.tries")));
        Assert.Equal(Full(content), end.Block);
    }

    // What GRUB would add to this block does not fit.
    private static byte[] Full(string content) =>
        GrubRun.Block(content + "filler=" + new string('x', 1024 - 25 - content.Length - 8) + "\n");

    private static IEnumerable<LoadResult[]> SomeWithoutInitrd() => new[] { "IAA", "IIA", "III", "NIA", "NNI", "AIN" }
        .Select(world => world.Select(image => image switch
        {
            'A' => LoadResult.All,
            'I' => LoadResult.KernelOnly,
            _ => LoadResult.Nothing,
        }).ToArray());

    private GrubRun WithImages(string name, LoadResult[] results, bool canUnload = true) =>
        new(Directory.CreateDirectory(PathOf(name)).FullName, Slots.ToDictionary(slot => slot, slot => results[(int)slot] switch
        {
            LoadResult.All => ":",
            LoadResult.KernelOnly => GrubRun.BreakInitrd,
            _ => "debugfs -w -R 'rm /boot/vmlinuz' $image 2>/dev/null",
        }), canUnload: canUnload);

    private static string Ending(LoaderDecision decision) => decision.End switch
    {
        LoaderEnd.Starts => "started",
        LoaderEnd.Reboots => "again",
        _ => $"stopped-{decision.Counters.StopMinutes}-{decision.Counters.StopMinutes * 60}",
    };

    // GRUB pauses after each error message, so the runs mostly wait and can be parallel.
    private static void Together<T>(IEnumerable<T> parts, Action<T> check) =>
        Parallel.ForEach(parts, new ParallelOptions { MaxDegreeOfParallelism = 8 }, check);

    private static BootCounters Counters(int tries) => new()
    {
        Active = new(tries & 3, true, "0123456789abcdef"), Passive = new(tries >> 2 & 3, tries % 3 == 0, "none"),
        Recovery = new(tries >> 4, tries % 2 == 0, ""),
    };

    private static void Check(GrubRun run, IEnumerable<BootCounters> states, Func<Slot, LoadResult> load)
    {
        foreach (var before in states)
        {
            var expected = LoaderPolicy.Decide(before, load);
            var end = run.Run(before);
            var text = $"{before} of {string.Join(' ', Slots.Select(load))}";
            Assert.Equal((text, Ending(expected), expected.Slot?.Name()), (text, end.End, end.Word("kairosboot.slot")));
            Assert.Equal((text, expected.Counters with { ShowMenu = false }), (text, BootBlock.Read(end.Block).Counters));
            var wasGood = before.Last is { } last && before[last] is { Good: true, Left: BootCounter.Full };
            Assert.Equal((text, before.ShowMenu ? "menu 60" : wasGood ? "countdown 0" : "ESCcountdown 0"), (text, end.Menu));
            if (expected.Slot is not { } started) continue;
            Assert.Equal((text, $"{expected.Counters[started].Left}", expected.Why.Name(), "ok"),
                (text, end.Word("kairosboot.tries"), end.Word("kairosboot.why"), end.Word("kairosboot.env")));
            Assert.Equal($"/cOS/{started.Name()}.img", end.Word("cos-img/filename"));
            Assert.Equal($"LABEL=COS_{started.Name().ToUpperInvariant()}", end.Word("root"));
        }
    }
}
