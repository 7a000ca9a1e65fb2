using KairosBoot.Lifecycle;
using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>kboot on the COS_STATE of a disk with the boot menu of Kairos, which reads nothing that kboot writes.</summary>
public class KairosMenuTests : StateCommands
{
    private const string Menu = "set timeout=10\nsearch --no-floppy --file --set=env_blk /grubenv\n";

    private void Install(string place = "grub2")
    {
        WriteText($"state/{place}/grub.cfg", Menu);
        File.Delete(PathOf("state/bootstate"));
    }

    [Theory]
    [InlineData("kargs", "add", "a=b")]
    [InlineData("kargs", "add", "--slot", "passive", "a=b")]
    [InlineData("kargs", "remove", "a")]
    [InlineData("select", "passive")]
    [InlineData("select", "passive", "--once")]
    [InlineData("rollback")]
    [InlineData("pin", "active")]
    [InlineData("unpin")]
    [InlineData("assess", "bad", "passive")]
    [InlineData("assess", "reset")]
    [InlineData("assess", "reset", "active")]
    public void A_change_that_the_menu_would_not_follow_is_refused_with_its_own_option(params string[] words)
    {
        foreach (var place in (string[])["grub2", "grub"])
        {
            Install(place);
            var before = Directory.GetFiles(State, "*", SearchOption.AllDirectories);
            var refusal = Run(1, words);
            Assert.Contains("this disk has the boot menu of Kairos", refusal, StringComparison.Ordinal);
            Assert.Contains("to fix: ", refusal, StringComparison.Ordinal);
            Assert.Contains("grub-editenv /oem/grubenv set ", refusal, StringComparison.Ordinal);
            Assert.Equal(before, Directory.GetFiles(State, "*", SearchOption.AllDirectories));
        }
    }

    [Fact]
    public void Status_and_good_report_that_nothing_is_counted()
    {
        Install();
        Assert.Contains("boot menu: that of Kairos", Run(0, "status"), StringComparison.Ordinal);
        Assert.Contains("\"menu\": \"kairos\"", Run(0, "status", "--json"), StringComparison.Ordinal);
        Assert.Contains("active is healthy; nothing is counted", Run(0, "assess", "good", "active"), StringComparison.Ordinal);
        Assert.False(File.Exists(PathOf("state/bootstate")));
        Run(0, "kargs");
    }

    [Fact]
    public void The_menu_of_kboot_and_a_disk_without_a_menu_work_as_before()
    {
        Run(0, "select", "passive", "--once");
        WriteText("state/grub/grub.cfg", GrubMenu.Text(4, Architecture.Amd64));
        WriteText("state/grub2/grub.cfg", Menu);
        Assert.False(KairosMenu.IsOn(State));
        Run(0, "kargs", "add", "a=b");
        Run(0, "select", "active");
        Assert.Contains("\"menu\": \"kboot\"", Run(0, "status", "--json"), StringComparison.Ordinal);
    }

    [Fact]
    public void Counters_that_exist_on_such_a_disk_are_used()
    {
        WriteText("state/grub2/grub.cfg", Menu);
        Run(0, "select", "passive", "--once");
        Assert.Equal(Slot.Passive, Counters.Once);
        Assert.Contains("does not read kboot's kernel arguments", Run(1, "kargs", "add", "a=b"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("extra_cmdline=quiet root=/dev/sda1\n", "extra_cmdline is used without root=/dev/sda1: root= is set by the boot menu")]
    [InlineData("extra_passive_cmdline=a\"b\n", "extra_passive_cmdline is used without a\"b")]
    [InlineData("extra_cmdline=quiet\nextra_active_cmdline=a=b\nsaved_entry=cos\n", null)]
    [InlineData("", null)]
    public void Arguments_of_Kairos_that_the_menu_refuses_are_reported(string content, string? problem)
    {
        File.WriteAllBytes(PathOf("grubenv"), GrubRun.Block(content));
        var found = KairosOptions.FileProblems(PathOf("grubenv")).ToList();
        Assert.Equal(problem is null ? 0 : 1, found.Count);
        if (problem is not null) Assert.Contains(problem, found[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_Kairos_that_is_invalid_or_too_long_is_reported()
    {
        Assert.Empty(KairosOptions.FileProblems(PathOf("none")));
        Assert.Contains("is not a GRUB environment block", Assert.Single(KairosOptions.FileProblems(WriteText("text", "x"))));
        File.WriteAllBytes(PathOf("long"), GrubRun.Block($"extra_cmdline={new string('a', 400)}\n"));
        Assert.Equal(3, KairosOptions.FileProblems(PathOf("long")).Count(problem => problem.Contains("401 characters")));
        Directory.CreateDirectory(PathOf("directory"));
        Assert.Contains("is a directory", Assert.Single(KairosOptions.FileProblems(PathOf("directory"))));
    }
}
