using System.Text;

namespace KairosBoot.Plan.Tests.Reports;

public sealed class GoodBootFileTests
{
    private const string Line = "time=1795399712 utc=2026-11-23T02:08:32Z boot=5c6b0a52-7d3e-4b6e-9a53-0f6d7f0f7f3c slot=active why=order "
        + "image=0123456789abcdef kernel=1200 initrd=900 system=8000 lost=1 warnings=2 phases=start:10,disk:90 steps=Ab3xq-9w\n";

    [Fact]
    public void A_boot_is_one_line_that_is_read_back()
    {
        Assert.Equal(Line, GoodBootFile.Print(SampleReport.Good));
        var read = Assert.Single(GoodBootFile.Parse(Line).Boots);
        Assert.Equal(Line, GoodBootFile.Print(read));
        var fallback = SampleReport.Good with { Why = "fallback", Reason = "active: its image\nis damaged \u001b[1m" };
        Assert.EndsWith(@" steps=Ab3xq-9w reason=active: its image is damaged \x1b[1m" + "\n", GoodBootFile.Print(fallback));
        Assert.Equal(@"active: its image is damaged \x1b[1m", GoodBootFile.Parse(GoodBootFile.Print(fallback)).Boots[0].Reason);
    }

    [Fact]
    public void A_boot_that_is_marked_good_twice_has_one_line()
    {
        var once = GoodBootFile.Add("", SampleReport.Good);
        Assert.Equal(once, GoodBootFile.Add(once, SampleReport.Good with { System = 9000 }));
    }

    [Fact]
    public void The_last_twenty_boots_are_kept_and_the_file_stays_below_its_limit()
    {
        var longest = SampleReport.Good with
        {
            Reason = new string('\u20ac', 10_000),
            Image = new string('x', 64),
            Kernel = long.MaxValue,
            Initrd = long.MaxValue,
            System = long.MaxValue,
            Warnings = int.MaxValue,
            Time = long.MaxValue,
            Phases = [.. Enumerable.Range(0, 100).Select(i => ($"phase-of-a-longer-name-{i}", long.MaxValue))],
            Steps = [.. Enumerable.Repeat("abcd", 1000)],
        };
        var content = "";
        for (var boot = 0; boot < 50; boot++)
        {
            content = GoodBootFile.Add(content, SampleReport.Good with { BootId = $"boot-{boot}" });
            content = GoodBootFile.Add(content, longest with { BootId = $"long-{boot}", Time = 5 });
            Assert.True(Encoding.UTF8.GetByteCount(content) <= GoodBootFile.MaxBytes);
            Assert.All(content.Split('\n'), line => Assert.True(line.Length < GoodBootFile.MaxLine));
        }

        var (boots, damaged) = GoodBootFile.Parse(content);
        Assert.Equal((GoodBootFile.MaxBoots, 0), (boots.Length, damaged));
        Assert.Equal("boot-40,boot-49", $"{boots[0].BootId},{boots[^2].BootId}");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("time=x boot=a slot=active")]
    [InlineData("time=5 boot=a slot=other")]
    [InlineData("time=5 boot= slot=active")]
    [InlineData("time=-5 boot=a slot=active")]
    [InlineData("time=5 boot=a slot=active \u0001")]
    [InlineData("time=5 boot=a slot=active \ufffd")]
    public void A_damaged_line_is_counted_and_the_others_are_read(string damaged)
    {
        var (boots, count) = GoodBootFile.Parse($"{damaged}\n{Line}{damaged}\n\n");
        Assert.Equal((1, 2), (boots.Length, count));
        // The next good boot removes it.
        Assert.Equal(0, GoodBootFile.Parse(GoodBootFile.Add($"{damaged}\n{Line}", SampleReport.Good with { BootId = "b" })).Damaged);
    }

    [Fact]
    public void Any_bytes_are_read_without_an_exception()
    {
        var mutations = new Mutations(Mutations.Seed);
        var good = Encoding.UTF8.GetBytes(Line + Line);
        for (var i = 0; i < 2000; i++)
        {
            var boots = GoodBootFile.Parse(Encoding.UTF8.GetString(mutations.Of(good))).Boots;
            Assert.All(boots, boot => Assert.True(GoodBootFile.Print(boot).Length <= GoodBootFile.MaxLine));
        }
    }

    [Fact]
    public void The_mark_of_a_step_is_short_and_does_not_depend_on_the_names_of_devices()
    {
        Assert.Equal(StepMark.Of("mount /dev/vda5 /a"), StepMark.Of("mount /dev/sdb1 /a"));
        Assert.NotEqual(StepMark.Of("mount /dev/vda5 /a"), StepMark.Of("mount /dev/vda5 /b"));
        Assert.Equal(StepMark.Of("for t in 1795863763 1795863194; do x 12"), StepMark.Of("for t in 1895863763; do x 12"));
        Assert.NotEqual(StepMark.Of("for t in 1795863763; do x 12"), StepMark.Of("for t in 1795863763; do x 13"));
        Assert.All(Enumerable.Range(0, 1000), i => Assert.Matches("^[A-Za-z0-9_-]{4}$", StepMark.Of($"step {i}")));
        Assert.True(Enumerable.Range(0, 200).Select(i => StepMark.Of($"step {i}")).Distinct().Count() >= 199);
    }
}
