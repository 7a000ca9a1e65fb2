using System.Diagnostics;

namespace KairosBoot.Plan.Tests;

/// <summary>The clock is never earlier than the newest time that has passed, and follows no time that cannot be right.</summary>
public sealed class SetClockTests
{
    private const long Image = 1_700_000_000, Limit = Image + SetClock.MaxAge;

    [Theory]
    [InlineData(12, Image, 0, 0, Image)]
    [InlineData(12, Image, Image + 5, Image + 9, Image + 9)]
    [InlineData(12, Image, Image + 9, Image + 5, Image + 9)]
    [InlineData(Image + 9, Image, Image + 5, Image + 9, null)]
    [InlineData(Image + 10, Image, Image + 5, Image + 9, null)]
    [InlineData(12, Image, Limit, 0, Limit)]
    [InlineData(12, Image, Limit + 1, 0, Image)]
    [InlineData(12, Image, Limit + 1, Image + 3, Image + 3)]
    [InlineData(Image, Image, Limit + 1, 0, null)]
    [InlineData(12, 0, Image, 0, Image)] // an image built with fixed times does not limit anything
    [InlineData(12, 1, Limit + 1, 0, Limit + 1)]
    [InlineData(12, 0, 0, 0, null)]
    public void The_newest_possible_time_wins(long now, long image, long state, long oem, long? expected) =>
        Assert.Equal(expected, Step(state, oem).Decide(now, image).Time);

    [Fact]
    public void The_report_names_what_was_newer_and_what_is_wrong()
    {
        Assert.Equal("the clock said 1970-01-01 00:00:12 UTC, but COS_OEM was written at 2023-11-14 22:13:29 UTC: it is set to that time",
            Step(Image + 5, Image + 9).Decide(12, Image).Note);
        Assert.Equal("the clock said 1970-01-01 00:00:12 UTC, but the image was built at 2023-11-14 22:13:20 UTC: it is set to that " +
            "time; the last write of COS_STATE at 2038-11-14 16:13:21 UTC is ignored: it is more than 15 years after the image, of " +
            "2023-11-14 22:13:20 UTC", Step(Limit + 1, 0).Decide(12, Image).Note);
        Assert.Null(Step(Image, Image).Decide(Image, Image).Note);
    }

    /// <summary>The printed command, run by a shell whose date and stat are replaced, sets the same time.</summary>
    [Fact]
    public void The_command_does_the_same()
    {
        var random = new Random(20);
        long[] times = [0, 1, 12, 946_684_799, 946_684_800, Image - 1, Image, Image + 1, Limit, Limit + 1, uint.MaxValue];
        var script = "";
        var expected = "";
        for (var i = 0; i < 300; i++)
        {
            long Any() => times[random.Next(times.Length)];
            var (now, image, step) = (Any(), Any(), Step(Any(), Any()));
            script += $"now={now} image={image}; {step.Command}; echo\n";
            expected += step.Decide(now, image).Time is { } time ? $"set @{time}\n\n" : "\n";
        }
        Assert.Equal(expected, Shell("date() { case $1 in +%s) echo $now ;; -s) echo set $2 ;; esac; }\n" +
            "stat() { case $3 in */etc/os-release) echo $image ;; *) return 1 ;; esac; }\n" + script));
    }

    private static SetClock Step(long state, long oem) =>
        new(StepClass.Optional, "/sysroot", [new("COS_STATE", state), new("COS_OEM", oem)]);

    private static string Shell(string script)
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var output = shell.StandardOutput.ReadToEndAsync();
        shell.StandardInput.Write(script);
        shell.StandardInput.Close();
        shell.WaitForExit();
        return output.Result;
    }
}
