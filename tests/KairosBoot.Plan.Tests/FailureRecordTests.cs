using System.Text;
using System.Text.Json;

namespace KairosBoot.Plan.Tests;

public sealed class FailureRecordTests
{
    private static FailureRecord Missing(long time = 1_795_399_712) => new()
    {
        Time = time, BootId = "5c6b0a52-7d3e-4b6e-9a53-0f6d7f0f7f3c", Slot = Slot.Active, Image = "/cOS/active.img",
        Kernel = "6.1.0", Problem = "image /cOS/active.img is missing\nblock devices seen:\n  /dev/vda1", Fix = "put an image there",
        Step = "mount -o loop,ro a b", Log = "[    1.000001] info  booting\n[    1.000002] error --- end ---",
    };

    private static string Text(FailureRecord record) => FailureFile.Add("", record);

    private static FailureRecord Only(string content) => Assert.Single(FailureFile.Parse(content));

    [Fact]
    public void The_file_is_readable_text_with_the_whole_record()
    {
        var text = Text(Missing());
        Assert.Equal(
            """
            --- boot failed ---
            time: 1795399712 (2026-11-23 02:08:32 UTC)
            boot: 5c6b0a52-7d3e-4b6e-9a53-0f6d7f0f7f3c
            slot: active
            image: /cOS/active.img
            kernel: 6.1.0
            problem: image /cOS/active.img is missing
              block devices seen:
                /dev/vda1
            fix: put an image there
            step: mount -o loop,ro a b
            log:
              [    1.000001] info  booting
              [    1.000002] error --- end ---
            --- end ---


            """, text);
        Assert.Equal(text, Text(Only(text)));
        Assert.Equal(Missing().Log, Only(text).Log);
    }

    [Fact]
    public void A_boot_that_failed_before_its_command_line_has_a_record()
    {
        var early = new FailureRecord { Problem = "mount -t proc proc /proc: Out of memory" };
        Assert.Equal((early.Problem, null, ""), (Only(Text(early)).Problem, Only(Text(early)).Slot, Only(Text(early)).Image));
    }

    [Theory]
    [InlineData("problem: image", "porblem image")]       // an invalid line
    [InlineData("problem: image", "problems: image")]     // without the problem
    [InlineData("time: 1795399712", "time: soon")]
    [InlineData("--- end ---", "")]                       // a power cut
    public void A_damaged_block_is_ignored_and_the_others_are_read(string whole, string damaged)
    {
        var before = new FailureRecord { Problem = "before" };
        var later = new FailureRecord { Problem = "later", Log = "its log" };
        var between = Text(Missing());
        Assert.Contains(whole, between);
        var text = Text(before) + between.Replace(whole, damaged, StringComparison.Ordinal) + Text(later);
        Assert.Equal(["before", "later"], FailureFile.Parse(text).Select(r => r.Problem));
        Assert.Equal("its log", FailureFile.Parse(text)[^1].Log);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0\0\0\0\0\0\0\0")]
    [InlineData("--- boot failed ---")]
    [InlineData("--- boot failed ---\n--- end ---\n")]
    [InlineData("  indented\n--- boot failed ---\n  indented\n--- end ---\n")]
    [InlineData("\ufffd\ufffd\n--- end ---\n--- end ---\n")]
    public void Text_that_is_not_a_record_is_ignored_and_a_record_can_be_added(string content)
    {
        Assert.Empty(FailureFile.Parse(content));
        Assert.Equal(Text(Missing()), Text(Only(FailureFile.Add(content, Missing()))));
    }

    [Fact]
    public void The_newest_eight_are_kept()
    {
        var text = "";
        for (var i = 0; i < 20; i++) text = FailureFile.Add(text, Missing(time: i));
        Assert.Equal(Enumerable.Range(12, 8).Select(i => (long)i), FailureFile.Parse(text).Select(r => r.Time));
    }

    [Fact]
    public void The_file_stays_below_its_size_limit()
    {
        var text = "";
        var log = string.Concat(Enumerable.Repeat("[    1.000001] info  ümläute and more of them\n", 4000));
        for (var i = 0; i < 12; i++)
        {
            text = FailureFile.Add(text, new FailureRecord { Time = i, Problem = new string('x', 100_000), Log = log });
            Assert.InRange(Encoding.UTF8.GetByteCount(text), 1, FailureFile.MaxBytes);
        }
        var kept = FailureFile.Parse(text);
        Assert.Equal(11, kept[^1].Time);
        Assert.All(kept, record => Assert.InRange(Encoding.UTF8.GetByteCount(record.Log), 1, FailureRecord.MaxLog));
        Assert.All(kept, record => Assert.StartsWith("[    1.000001]", record.Log));
    }

    [Fact]
    public void Control_characters_of_a_disk_label_do_not_reach_a_terminal() =>
        Assert.Equal(@"label \x1b[2J\x7f", new FailureRecord { Problem = "label \u001b[2J\u007f" }.Problem);

    [Fact]
    public void The_record_is_read_back_from_a_kernel_log()
    {
        var dump = new StringBuilder("Shutdown#1 Part1\n<6>[    0.900000] EXT4-fs (vda2): mounted filesystem\n");
        foreach (var line in Missing().KernelLines().SelectMany(l => l.Split('\n')))
            dump.Append($"<2>[    2.345678][    T1] kairos-boot: {line}\n");
        dump.Append("<2>[    2.400000] kairos-boot: rebooting in 5 s\n<0>[    7.400000] reboot: Restarting system\n");
        var record = FailureDump.TryRead(dump.ToString(), time: 5);
        Assert.NotNull(record);
        Assert.EndsWith("reboot: Restarting system", record.Log);
        record.Log = Missing().Log;
        Assert.Equal(Text(Missing()), Text(record));
    }

    [Theory]
    [InlineData("to fix: ")]
    [InlineData("to fix it: ")]
    public void A_kernel_log_whose_last_line_was_lost_still_has_the_reason(string fix)
    {
        var record = FailureDump.TryRead(
            $"Shutdown#1 Part1\n<2>[    2.3] kairos-boot: BOOT FAILED: no disk\n<2>[    2.3] kairos-boot: {fix}connect it\n<0>[",
            time: 77);
        Assert.Equal(("no disk", "connect it", 77L, null), (record?.Problem, record?.Fix, record?.Time, record?.Slot));
    }

    [Theory]
    [InlineData("Panic#1 Part1\n", "<0>[    2.3] Kernel panic - not syncing: Attempted to kill init!\n<4>[    2.4] CPU: 0 PID: 1\n",
        "kernel panic: Attempted to kill init!")]
    [InlineData("Panic#12 Part1\n", "<0>[    2.3] Kernel panic - not syncing: bad \u001b[2J", @"kernel panic: bad \x1b[2J")]
    [InlineData("Panic#1 Part2\n", "<0>[    2.3] the line of the reason is in another part\n", "kernel panic")]
    [InlineData("Panic#1 Part1\n", "", "kernel panic")]
    [InlineData("Oops#1 Part1\n", "<0>[    2.3] Kernel panic - not syncing: said in an oops\n", null)]
    [InlineData("", "<0>[    2.3] Kernel panic - not syncing: no kind\n", null)]
    public void A_panic_is_recorded_with_its_reason_and_its_last_lines(string kind, string text, string? problem)
    {
        var record = FailureDump.TryRead(kind + text, time: 7);
        Assert.Equal(problem, record?.Problem);
        if (record is null) return;
        Assert.Equal(7, record.Time);
        Assert.NotEmpty(record.Fix!);
        Assert.DoesNotContain('\u001b', record.Log);
        Assert.DoesNotContain("Panic#", record.Log);
        Assert.Equal(text.Length == 0, record.Log.Length == 0);
    }

    [Fact]
    public void The_parts_of_a_panic_become_one_log()
    {
        var record = FailureDump.TryRead("Panic#1 Part1\n<4>[    2.4] CPU: 0 PID: 1\n", time: 7)!;
        FailureDump.AddEarlierPart(record, "Panic#1 Part2\n<0>[    2.3] Kernel panic - not syncing: Fatal exception\n");
        Assert.Equal("kernel panic: Fatal exception", record.Problem);
        Assert.Equal("<0>[    2.3] Kernel panic - not syncing: Fatal exception\n<4>[    2.4] CPU: 0 PID: 1", record.Log);
        for (var part = 3; part < 200; part++)
            FailureDump.AddEarlierPart(record, $"Panic#1 Part{part}\n" + string.Concat(Enumerable.Repeat("<6>[    1.0] earlier\n", 100)));
        Assert.InRange(record.Log.Length, 1, FailureRecord.MaxLog);
        Assert.EndsWith("CPU: 0 PID: 1", record.Log);
        Assert.Equal("kernel panic: Fatal exception", record.Problem);
    }

    [Fact]
    public void The_mark_is_kept_with_the_reported_records_and_replaced_by_the_next_one()
    {
        var text = FailureFile.Add("", [Missing()], "active 1 abc");
        Assert.Equal(("active 1 abc", 1), (FailureFile.Mark(text), FailureFile.Parse(text).Length));
        text = FailureFile.Add(text, [], "active 0 abc");
        Assert.Equal(("active 0 abc", 1), (FailureFile.Mark(text), FailureFile.Parse(text).Length));
        Assert.Equal("", FailureFile.Mark(FailureFile.Add(text, [Missing()], null)));
        Assert.Equal("active 2 ", FailureFile.Mark(FailureFile.Add("", [], "active 2 ")));
        // A log that looks like a mark is none, nor is one that was cut off.
        var log = new FailureRecord { Problem = "x", Log = "a\nstarted: active 1 abc\nb" };
        Assert.Equal("", FailureFile.Mark(FailureFile.Add("", [log], null)));
        Assert.Equal("", FailureFile.Mark("started: active 1"));
    }

    [Theory]
    [InlineData("Oops#1 Part1\n<4>[    2.3] kairos-boot: verdict good: active ready after 300 ms\n")]
    [InlineData("kairos-boot: BOOT FAILED: said by a program, not by the kernel\n")]
    [InlineData("")]
    public void Kernel_logs_without_a_failed_boot_are_ignored(string dump) => Assert.Null(FailureDump.TryRead(dump, time: 0));

    [Theory]
    [InlineData("Shutdown#1 Part2\n<6>[    0.9] x\n", "Shutdown#1")]
    [InlineData("Oops#3 Part10\n", "Oops#3")]
    [InlineData("Panic#1\n Part1\n", "")]
    [InlineData("", "")]
    public void The_parts_of_one_log_have_the_same_kind(string dump, string kind) => Assert.Equal(kind, FailureDump.Kind(dump));

    [Theory]
    [InlineData(0, "1970-01-01 00:00:00 UTC")]
    [InlineData(951_782_400, "2000-02-29 00:00:00 UTC")]
    [InlineData(1_709_251_199, "2024-02-29 23:59:59 UTC")]
    [InlineData(4_107_542_400, "2100-03-01 00:00:00 UTC")]
    [InlineData(-5, "1970-01-01 00:00:00 UTC")]
    public void Times_are_shown_in_UTC(long seconds, string text) => Assert.Equal(text, FailureRecord.Utc(seconds));

    [Fact]
    public void Times_agree_with_the_librarys_calendar()
    {
        for (long seconds = 0; seconds < 10_000_000_000; seconds += 86_399 * 7)
            Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd HH:mm:ss 'UTC'"), FailureRecord.Utc(seconds));
    }

    [Fact]
    public void Failed_boots_are_in_the_report_and_do_not_change_its_verdict()
    {
        var report = new BootReport
        {
            Request = BootRequestParser.Parse(KernelCommandLine.Parse("")), Kernel = "6.1",
            FailedBoots = [Missing()]
        };
        using var json = JsonDocument.Parse(report.ToJson());
        var failed = json.RootElement.GetProperty("failedBoots")[0];
        Assert.Equal("good", json.RootElement.GetProperty("verdict").GetString());
        Assert.Equal(Missing().Problem, failed.GetProperty("problem").GetString());
        Assert.Equal("", failed.GetProperty("foundIn").GetString());
        Assert.Equal("2026-11-23 02:08:32 UTC", failed.GetProperty("utc").GetString());
    }
}
