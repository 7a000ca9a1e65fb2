namespace KairosBoot.Plan.Tests.Reports;

public sealed class TimelineTests
{
    [Fact]
    public void Phases_steps_and_entries_are_bars_on_one_axis()
    {
        var bars = Timeline.Of(SampleReport.Boot, SampleReport.Log);
        Assert.Equal(
            """
            Kernel 0+1200000 kernel
            Phase 1200000+10000 start
            Phase 1210000+90000 disk
            Phase 1300000+100000 root
            Step 1310000+30000 mount -t ext4 -o ro /dev/vda5 /s
            Step 1345000+50000 mount -o loop,ro /s/cOS/passive.img /sysroot
            Phase 1400000+200000 rootfs
            Entry 1401000+199000 rootfs: /system/oem/00.yaml: layout
            Phase 1600000+900000 initramfs
            Entry 1610000+840000 initramfs: /oem/a.yaml: slow
            Entry 2450000+50000 initramfs: /oem/b.yaml: users
            """, string.Join('\n', bars.Select(bar => $"{bar.Kind} {bar.Start}+{bar.Length} {bar.Name}")));
        Assert.Equal("partial: only a part", Assert.Single(bars, bar => bar.Problem is not null).Problem);
    }

    [Fact]
    public void The_slowest_parts_are_first_and_no_time_is_in_two_of_them()
    {
        var boot = SampleReport.Boot;
        var slowest = Timeline.Slowest(Timeline.Of(boot, SampleReport.Log), boot, 99);
        Assert.Equal(boot.TotalMicroseconds, slowest.Sum(bar => bar.Length));
        Assert.Equal(
            """
                duration  share  part
                 1.200 s    48%  kernel
                                 waited for: the kernel and its drivers; see dmesg
                840.0 ms    33%  stage initramfs: /oem/a.yaml: slow
                                 waited for: the keys and commands of this entry
                199.0 ms     7%  stage rootfs: /system/oem/00.yaml: layout
                                 waited for: the keys and commands of this entry
                 90.0 ms     3%  phase disk, outside its steps
                                 waited for: the boot disk and its partitions to appear
                 50.0 ms     2%  mount -o loop,ro /s/cOS/passive.img /sysroot
                                 waited for: the image, its partition and a loop device
            """, string.Join('\n', ReportText.Slowest(slowest[..5], boot)));
        Assert.Contains(slowest, bar => bar.WaitsFor == "the mount of /dev/vda5");
        var waiting = Timeline.Of(boot, "[    1.215000] warn  waiting for LABEL=COS_STATE, LABEL=COS_OEM, 58 s left\n");
        Assert.Equal("LABEL=COS_STATE, LABEL=COS_OEM", waiting.Single(bar => bar.Name == "disk").WaitsFor);
    }

    [Fact]
    public void The_verdict_says_slot_reason_times_and_warnings_in_one_line()
    {
        Assert.Equal("degraded: passive (fallback), image 0123456789abcdef, kernel 6.1.0; kernel 1.200 s + kairos-boot 1.300 s; "
            + "not marked good yet; warnings: 3", ReportText.Verdict(SampleReport.Boot, null));
        Assert.Contains("passive (fallback: active is damaged)", ReportText.Verdict(SampleReport.Boot,
            SampleReport.Good with { Why = "fallback", Reason = "active is damaged" }));
        Assert.Equal(["degraded: passive runs instead of active (active: its image is damaged)",
            "required: mount -o loop,ro /s/cOS/passive.img /sysroot: only a part", "error: /oem/a.yaml:3: unknown key"],
            ReportText.Problems(SampleReport.Boot));
    }

    [Fact]
    public void Good_and_failed_boots_are_one_list_with_the_newest_first()
    {
        FailureRecord Failed(long time) => new() { Time = time, Slot = Slot.Active, Problem = "kernel panic: oops\nmore", BootId = "x" };
        var rows = BootListRow.Merge([SampleReport.Good with { Time = 100 }, SampleReport.Good with { Time = 300, Lost = 2 }],
            [Failed(200), Failed(200)], SampleReport.Boot);
        Assert.Equal(
            """
            this boot passive running fallback, not marked good yet
            300 active good order; 2 tries lost before
            200 active failed kernel panic: oops
            100 active good order; 1 try lost before
            """, string.Join('\n', rows.Select(row => $"{row.Time?.ToString() ?? "this boot"} {row.Slot?.Name()} {row.Result} {row.Why}")));
        Assert.Equal(GoodBootFile.MaxBoots, BootListRow.Merge([], Enumerable.Range(0, 99).Select(i => Failed(i)), null).Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"verdict\": \"\\ud800\"}")]
    [InlineData("nonsense")]
    public void What_is_not_a_report_is_null(string json) => Assert.Null(ReportReader.TryRead(json));

    [Fact]
    public void A_report_with_members_of_other_types_is_read_as_far_as_possible()
    {
        var boot = ReportReader.TryRead(
            """
            {"verdict": 5, "slot": [], "phases": {"a": "x", "b": 1e30, "c": -5, "d": 99999999999999999}, "steps": [1, {"command": {}}, []],
              "assessment": "none", "problems": {}, "cloudConfigProblems": [null], "kernelMicroseconds": 1.5, "why": 1}
            """)!;
        Assert.Equal(("", null, 3, 4), (boot.Verdict, boot.Slot, boot.Steps.Length, boot.Phases.Length));
        Assert.Equal([0, 0, 0, 86_400_000_000], boot.Phases.Select(phase => phase.Microseconds));
        Assert.NotEmpty(TimelineSvg.Draw(Timeline.Of(boot, ""), "", [""]));
    }

    [Fact]
    public void Damaged_reports_and_logs_never_end_the_program()
    {
        var mutations = new Mutations(Mutations.Seed);
        byte[] json = System.Text.Encoding.UTF8.GetBytes(SampleReport.Json), log = System.Text.Encoding.UTF8.GetBytes(SampleReport.Log);
        for (var i = 0; i < 2000; i++)
        {
            if (ReportReader.TryRead(System.Text.Encoding.UTF8.GetString(mutations.Of(json))) is not { } boot) continue;
            var bars = Timeline.Of(boot, System.Text.Encoding.UTF8.GetString(mutations.Of(log)));
            Assert.All(bars, bar => Assert.True(bar.Start >= 0 && bar.Length >= 0));
            Assert.NotNull(string.Concat(ReportText.Slowest(Timeline.Slowest(bars, boot, 10), boot)) + ReportText.Verdict(boot, null));
        }
    }
}
