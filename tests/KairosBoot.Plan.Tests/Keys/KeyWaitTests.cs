namespace KairosBoot.Plan.Tests;

public sealed class KeyWaitTests
{
    private const long Second = 1_000_000;

    [Fact]
    public void Without_a_key_the_wait_is_what_the_screen_shows() => Assert.Equal(15 * Second, new KeyWait(5 * Second, 10 * Second, 0).End);

    [Fact]
    public void A_key_starts_two_minutes()
    {
        var wait = new KeyWait(0, 10 * Second, 0);
        wait.Extend(9 * Second);
        Assert.Equal(129 * Second, wait.End);
        wait.Extend(100 * Second);
        Assert.Equal(220 * Second, wait.End);
    }

    [Fact]
    public void A_key_does_not_shorten_a_longer_wait()
    {
        var wait = new KeyWait(0, 3600 * Second, 0);
        wait.Extend(5 * Second);
        Assert.Equal(3600 * Second, wait.End);
    }

    [Fact]
    public void Keys_that_never_end_prolong_the_waits_of_a_boot_to_fifteen_minutes()
    {
        long now = 0, waited = 0;
        for (var screen = 0; screen < 20; screen++)
        {
            var start = now;
            var wait = new KeyWait(start, 10 * Second, waited);
            for (; now < wait.End; now += Second) wait.Extend(now);
            waited += now - start;
        }
        // Each screen after that has only its own ten seconds.
        Assert.Equal((15 * 60 + 19 * 10) * Second, waited);
    }

    [Fact]
    public void The_time_of_a_shell_is_added()
    {
        var wait = new KeyWait(0, 10 * Second, 14 * 60 * Second);
        wait.Shift(1000 * Second);
        Assert.Equal(1010 * Second, wait.End);
        wait.Extend(1005 * Second);
        Assert.Equal(1060 * Second, wait.End);
    }
}
