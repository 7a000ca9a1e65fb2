namespace KairosBoot.Plan.Tests;

public sealed class VolumeFaultTests
{
    private static readonly VolumeFault Missing = VolumeFault.Of(VolumeFault.Unusable, "LABEL=DATA");

    [Theory]
    [InlineData("unusable", "LABEL=DATA", "1:unusable:LABEL=DATA")]
    [InlineData("mount", "LABEL=my disk", "1:mount:LABEL=my?disk")]
    [InlineData("store", "/etc/ssh:x\\n\u00e9\n", "1:store:/etc/ssh:x?n??")]
    public void A_fault_is_read_as_it_was_written(string cause, string volume, string text)
    {
        var fault = VolumeFault.Of(cause, volume);
        Assert.Equal(text, fault.ToString());
        Assert.Equal(fault, VolumeFault.TryParse(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("3")]
    [InlineData("3:missing")]
    [InlineData("3:missing:")]
    [InlineData(":missing:x")]
    [InlineData("100:missing:x")]
    [InlineData("3:Missing:x")]
    [InlineData("3::x")]
    public void Other_texts_are_no_fault(string text) => Assert.Null(VolumeFault.TryParse(text));

    [Fact]
    public void Only_the_same_fault_of_the_same_volume_continues_a_row()
    {
        Assert.Equal(1, Missing.After(null).Boots);
        Assert.Equal(3, Missing.After(Missing with { Boots = 2 }).Boots);
        Assert.Equal(1, Missing.After(Missing with { Boots = 2, Cause = VolumeFault.Mount }).Boots);
        Assert.Equal(1, Missing.After(Missing with { Boots = 2, Volume = "LABEL=OTHER" }).Boots);
        Assert.Equal(VolumeFault.MaxBoots, Missing.After(Missing with { Boots = VolumeFault.MaxBoots }).Boots);
    }

    [Theory]
    [InlineData(3, 60)]
    [InlineData(4, 120)]
    [InlineData(7, 960)]
    [InlineData(8, 1440)]
    [InlineData(99, 1440)]
    public void The_wait_of_recovery_doubles_up_to_a_day(int boots, int minutes) =>
        Assert.Equal(minutes, (Missing with { Boots = boots }).WaitMinutes(retries: 3));

    [Theory]
    // The third boot failed: a whole volume is tried at once, another one after an hour.
    [InlineData(3, 1, true, false, true)]
    [InlineData(3, 59, false, false, false)]
    [InlineData(3, 60, false, false, true)]
    // A retry failed: both wait.
    [InlineData(4, 9, true, false, false)]
    [InlineData(4, 10, true, false, true)]
    [InlineData(4, 119, false, false, false)]
    [InlineData(4, 120, false, false, true)]
    // Somebody is logged in.
    [InlineData(3, 5000, true, true, false)]
    public void Recovery_tries_the_normal_order_again(int boots, int minutes, bool isWhole, bool isInUse, bool reboots) =>
        Assert.Equal(reboots,
            VolumeRetry.Decide(Missing with { Boots = boots }, 3, TimeSpan.FromMinutes(minutes), isWhole, isInUse) is not null);

    [Fact]
    public void Recovery_runs_for_a_volume_only_if_the_order_leads_elsewhere()
    {
        var counters = new BootCounters { VolumeFault = Missing with { Boots = 3 } };
        Assert.True(counters.RunsForVolume(Slot.Recovery, 3));
        Assert.False(counters.RunsForVolume(Slot.Active, 3));
        Assert.False(counters.RunsForVolume(Slot.Recovery, 4));
        Assert.False(counters.RunsForVolume(Slot.Recovery, 0));
        Assert.False((counters with { First = Slot.Recovery }).RunsForVolume(Slot.Recovery, 3));
        Assert.Null(counters.ResetAll().VolumeFault);
    }
}
