using System.Text.Json;
using KairosBoot.Execution;

namespace KairosBoot.Image.Tests;

/// <summary>kboot kargs on a mounted COS_STATE.</summary>
public class KargsCommandTests : StateCommands
{
    private KargsFile Arguments => new(State);

    [Fact]
    public void A_change_is_pending_until_a_good_boot_and_then_permanent()
    {
        var shown = Run(0, "kargs", "add", "loglevel=7", "nosmt");
        Assert.Contains("all        loglevel=7 nosmt\n", shown);
        Assert.Contains("pending: ", shown);
        Assert.True(Arguments.Proven.IsEmpty);
        Assert.True(Arguments.Keep(Arguments.Pending!.Serial));
        Assert.Equal("loglevel=7 nosmt", string.Join(' ', Arguments.Proven[null]));
        Assert.DoesNotContain("pending", Run(0, "kargs"));

        Run(0, "kargs", "add", "--slot", "recovery", "console=ttyS1");
        Run(0, "kargs", "remove", "loglevel");
        Assert.Equal(2, Arguments.Pending!.Serial - Arguments.Proven.Serial);
        Assert.True(Arguments.Reject(Arguments.Pending.Serial));
        Assert.Null(Arguments.Pending);
        Assert.Contains("rejected: ", Run(0, "kargs"));
        using var json = JsonDocument.Parse(Run(0, "kargs", "--json"));
        Assert.Equal("nosmt", json.RootElement.GetProperty("rejected").GetProperty("all")[0].GetString());
        Assert.Equal("console=ttyS1", json.RootElement.GetProperty("rejected").GetProperty("recovery")[0].GetString());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("pending").ValueKind);
    }

    [Fact]
    public void Arguments_that_became_pending_later_are_neither_kept_nor_rejected()
    {
        Run(0, "kargs", "add", "one");
        var booted = Arguments.Pending!.Serial;
        Run(0, "kargs", "add", "two");
        Assert.False(Arguments.Keep(booted));
        Assert.False(Arguments.Reject(booted));
        Assert.Equal("one two", string.Join(' ', Arguments.Pending![null]));
    }

    [Fact]
    public void A_change_that_is_undone_is_not_pending()
    {
        Run(0, "kargs", "add", "one");
        Run(0, "kargs", "clear");
        Assert.Null(Arguments.Pending);
        Assert.False(File.Exists(PathOf("state/kargs.new")));
    }

    [Theory]
    [InlineData("--state", "STATE", "add", "one")]
    [InlineData("add", "--state", "STATE", "one")]
    [InlineData("add", "one", "--state", "STATE")]
    public void The_place_of_the_counters_may_be_given_before_or_after_the_verb(params string[] words)
    {
        Assert.Contains("all        one\n", Run(0, ["kargs", .. words.Select(word => word == "STATE" ? State : word)]));
        Assert.Equal("one", string.Join(' ', Arguments.Pending![null]));
    }

    [Theory]
    [InlineData("--json", "add", "one")]
    [InlineData("add", "one", "--json")]
    public void A_change_prints_JSON_if_requested_before_or_after_the_verb(params string[] words)
    {
        using var json = JsonDocument.Parse(Run(0, ["kargs", .. words]));
        Assert.Equal("one", json.RootElement.GetProperty("pending").GetProperty("all")[0].GetString());
    }

    [Theory]
    [InlineData("root=/dev/sda1", "kboot select")]
    [InlineData("kairosboot.slot=passive", "set by the boot menu")]
    [InlineData("panic=0", "forever")]
    [InlineData("rd.immucore.disable", "not supported")]
    [InlineData("kairosboot.timeout=never", "is not valid")]
    [InlineData("a b", "contains ' '")]
    [InlineData("a=\"b\"", "contains '\"'")]
    [InlineData("$prefix", "contains '$'")]
    [InlineData("a=*", "contains '*'")]
    [InlineData("\u00e4", "contains '\u00e4'")]
    public void Arguments_that_could_stop_the_boot_are_refused(string word, string reason)
    {
        Assert.Contains(reason, Run(1, "kargs", "add", word));
        Assert.Null(Arguments.Pending);
    }

    [Fact]
    public void The_arguments_of_all_slots_and_of_one_slot_have_one_limit()
    {
        Run(0, "kargs", "add", "a=" + new string('x', 600));
        Assert.Contains("901 characters", Run(1, "kargs", "add", "--slot", "passive", "b=" + new string('x', 296)));
        Run(0, "kargs", "add", "--slot", "passive", "b=" + new string('x', 295));
        Assert.Contains("active has no kernel argument c", Run(1, "kargs", "remove", "--slot", "active", "c"));
    }
}
