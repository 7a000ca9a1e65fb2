namespace KairosBoot.Plan.Tests;

public sealed class GoodDeadlineTests
{
    private static readonly GoodState Late = new(Slot.Active, IsCounted: true, IsGood: false, Seconds: 3600);

    [Theory]
    [InlineData("", 3600)]
    [InlineData("kairosboot.good-within=60m", 3600)]
    [InlineData("kairosboot.good-within=2h", 7200)]
    [InlineData("kairosboot.good-within=90s", 90)]
    [InlineData("kairosboot.good-within=0", 0)]
    [InlineData("kairosboot.good-within=0m", 0)]
    [InlineData("kairosboot.good-within=10m kairosboot.good-within=20m", 1200)]
    [InlineData("kairosboot.good-within=168h", 604800)]
    [InlineData("kairosboot.good-within=169h", null)]
    [InlineData("kairosboot.good-within=60", null)]
    [InlineData("kairosboot.good-within=", null)]
    [InlineData("kairosboot.good-within", null)]
    [InlineData("kairosboot.good-within=-1m", null)]
    [InlineData("kairosboot.good-within=99999999999h", null)]
    public void The_limit_is_a_time_with_a_unit(string commandLine, int? seconds) =>
        Assert.Equal(seconds, GoodDeadline.LimitOf(KernelCommandLine.Parse(commandLine)));

    [Fact]
    public void A_system_that_is_late_is_rebooted_and_one_that_is_not_waits()
    {
        Assert.Equal(new(GoodAction.Reboot, 0, 0), GoodDeadline.Decide(Late));
        Assert.Equal(new(GoodAction.Wait, 1, 0), GoodDeadline.Decide(Late with { Seconds = 3599 }));
        Assert.Equal(GoodAction.Reboot, GoodDeadline.Decide(Late with { Slot = Slot.Passive }).Action);
    }

    [Fact]
    public void Nothing_is_rebooted_where_the_limit_does_not_apply()
    {
        Assert.All((GoodState[])
        [
            Late with { Slot = Slot.Recovery }, Late with { Slot = null }, Late with { IsCounted = false }, Late with { IsGood = true },
            Late with { LimitSeconds = 0 },
        ], state => Assert.Equal(GoodAction.End, GoodDeadline.Decide(state with { Seconds = int.MaxValue }).Action));
    }

    [Fact]
    public void A_running_stage_prolongs_the_limit_twice_by_an_hour()
    {
        List<long> prolongedAt = [];
        var state = Late with { StageRuns = true, Seconds = 0 };
        while (true)
        {
            var decision = GoodDeadline.Decide(state);
            if (decision.Action == GoodAction.Reboot) break;
            if (decision.Prolonged > state.Prolonged) prolongedAt.Add(state.Seconds);
            Assert.True(decision.SecondsLeft > 0);
            state = state with { Prolonged = decision.Prolonged, Seconds = state.Seconds + Math.Min(60, decision.SecondsLeft) };
        }

        Assert.Equal([3600, 7200], prolongedAt);
        Assert.Equal(3 * 3600, state.Seconds);
    }

    [Fact]
    public void A_change_of_the_images_or_the_disk_is_never_cut()
    {
        Assert.Equal(new(GoodAction.Wait, 0, 2),
            GoodDeadline.Decide(Late with { IsChanging = true, Prolonged = 2, Seconds = 1_000_000 }));
        Assert.Equal(GoodAction.Reboot, GoodDeadline.Decide(Late with { Prolonged = 2, Seconds = 1_000_000 }).Action);
    }
}
