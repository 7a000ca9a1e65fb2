using System.Collections.Immutable;

namespace KairosBoot.Plan.Tests.Reports;

public sealed class BootDifferencesTests
{
    private static readonly ReportedBoot Report = new() { Slot = Slot.Active, Steps = [new("mount a", "required", "ok", 1, 1, null)] };

    private static readonly GoodBoot Usual = SampleReport.Good with
    {
        Kernel = 1000,
        System = 8000,
        Warnings = 0,
        Lost = 0,
        Phases = [("disk", 50), ("rootfs", 400)],
        Steps = [StepMark.Of("mount a")],
    };

    private static ImmutableArray<GoodBoot> Known(int count) => [.. Enumerable.Range(0, count).Select(i => Usual with { BootId = $"{i}" })];

    private static string Of(GoodBoot now, ReportedBoot? report = null) =>
        BootDifferences.Find(now, report ?? Report, Known(9)) is { } found ? string.Join('\n', found) : "unknown";

    [Fact]
    public void A_boot_like_the_others_differs_in_nothing() => Assert.Equal("", Of(Usual));

    [Fact]
    public void Too_few_boots_do_not_say_what_is_usual()
    {
        Assert.Null(BootDifferences.Find(Usual, Report, Known(2)));
        Assert.Null(BootDifferences.Find(Usual with { BootId = "2" }, Report, Known(3)));
        Assert.NotNull(BootDifferences.Find(Usual, Report, Known(3)));
    }

    [Theory]
    [InlineData(1600, 400, 8000, "the kernel took 1.600 s, usually 1.000 s")]
    [InlineData(1500, 400, 8000, "")] // not more than one and a half times
    [InlineData(1000, 700, 8000, "phase rootfs took 700.0 ms, usually 400.0 ms")]
    [InlineData(1000, 400, 20_000, "the system, until it was good, took 20.000 s, usually 8.000 s")]
    [InlineData(10, 10, 10, "")] // faster is no difference
    public void A_part_is_slower_if_it_takes_more_than_one_and_a_half_times_as_long(long kernel, long rootfs, long system,
        string expected) =>
        Assert.Equal(expected, Of(Usual with { Kernel = kernel, System = system, Phases = [("disk", 50), ("rootfs", rootfs)] }));

    [Theory]
    [InlineData(150, "")] // three times as long, but only 100 ms more
    [InlineData(151, "phase disk took 151.0 ms, usually 50.0 ms")]
    public void A_difference_that_nobody_would_notice_is_none(long disk, string expected) =>
        Assert.Equal(expected, Of(Usual with { Phases = [("disk", disk), ("rootfs", 400)] }));

    [Fact]
    public void Another_slot_a_fallback_lost_tries_warnings_and_a_new_step_are_differences()
    {
        Assert.Equal("slot passive, before it active", Of(Usual with { Slot = Slot.Passive }));
        Assert.Equal("a fallback: active is damaged", Of(Usual with { Why = "fallback", Reason = "active is damaged" }));
        Assert.Equal("boots of this slot lost just before it: 2", Of(Usual with { Lost = 2 }));
        Assert.Equal("warnings: 3, usually 0", Of(Usual with { Warnings = 3 }));
        var more = Report with { Steps = Report.Steps.Add(new("mount b", "optional", "ok", 1, 1, null)) };
        Assert.Equal("new step: mount b", Of(Usual, more));
    }

    [Fact]
    public void A_boot_is_compared_with_boots_of_the_same_image_first()
    {
        var other = Known(9).Select(boot => boot with { Image = "other", Kernel = 100, BootId = "o" + boot.BootId });
        Assert.Equal("", string.Join('\n', BootDifferences.Find(Usual, Report, [.. Known(3), .. other])!.Value));
        // One unusual boot does not change what is usual.
        var unusual = Usual with { BootId = "x", Kernel = 1 };
        Assert.Equal("", string.Join('\n', BootDifferences.Find(Usual, Report, [unusual, .. Known(4)])!.Value));
    }
}
