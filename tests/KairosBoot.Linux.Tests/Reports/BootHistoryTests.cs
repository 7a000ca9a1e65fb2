using KairosBoot.Execution;
using KairosBoot.Lifecycle;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.Reports;

/// <summary>The list of good boots on COS_OEM.</summary>
public sealed class BootHistoryTests
{
    private const string List = SystemPaths.Oem + SystemPaths.GoodBoots;

    private static readonly BootCounters Counters = new() { Active = new(1, true, "") };

    [Fact]
    public void A_good_boot_gets_one_line_however_often_it_is_marked_good() => ReportedMachine.Run("panic=5", machine =>
    {
        machine.MountOem();
        Assert.Equal("", BootHistory.Record(Counters));
        var line = File.ReadAllText(List);
        Assert.Matches("^time=[0-9]+ utc=[0-9T:-]+Z boot=[0-9a-f-]{36} slot=active why=order image=0123456789abcdef kernel=1200 initrd=900 "
            + "system=[0-9]+ lost=1 warnings=1 phases=start:100,initramfs:800 steps=....\n$", line);
        Assert.Equal("", BootHistory.Record(Counters));
        Assert.Equal(line, File.ReadAllText(List));
        Assert.Equal([PathParts.NameOf(SystemPaths.GoodBoots)], Directory.GetFileSystemEntries("/oem/kairosboot").Select(Path.GetFileName));
        Assert.Equal("644", MountNamespace.Tool("stat", "-c", "%a", List).Trim());
        // What a power cut left is replaced.
        File.WriteAllText(List, line.Replace("boot=", "boot=x"));
        File.WriteAllText(List + ".new", "half a li");
        Assert.Equal("", BootHistory.Record(Counters));
        Assert.Equal(2, GoodBootStore.Read(SystemPaths.Oem).Boots.Length);
        Assert.False(File.Exists(List + ".new"));
    });

    [Fact]
    public void A_fallback_has_its_reason() => ReportedMachine.Run("panic=5", machine =>
    {
        machine.MountOem();
        BootHistory.Record(new BootCounters { First = Slot.Passive }.MarkBad(Slot.Passive, SlotFault.Damaged));
        Assert.Contains(" why=fallback ", File.ReadAllText(List));
        Assert.EndsWith(" reason=passive: its image is damaged\n", File.ReadAllText(List));
    });

    [Fact]
    public void Without_a_writable_partition_the_boot_is_good_and_a_note_says_why() => ReportedMachine.Run("panic=5", machine =>
    {
        Assert.Equal("", BootHistory.Record(Counters));
        Assert.Empty(Directory.GetFileSystemEntries(SystemPaths.Oem));
        machine.MountOem("ro");
        Assert.Matches("^; the list of boots is unchanged: .*Read-only file system", BootHistory.Record(Counters));
        File.Delete(SystemPaths.Report);
        Assert.Equal("", BootHistory.Record(Counters));
    });

    [Theory]
    [InlineData("junk")]
    [InlineData("huge")]
    [InlineData("directory")]
    [InlineData("pipe")]
    [InlineData("link")]
    public void Any_kind_of_file_in_place_of_the_list_is_harmless(string kind) => ReportedMachine.Run("panic=5", machine =>
    {
        machine.MountOem();
        Directory.CreateDirectory("/oem/kairosboot");
        File.WriteAllText(machine.Scratch + "/other", "other");
        switch (kind)
        {
            case "junk": File.WriteAllBytes(List, [0, 1, 2, 0xff, 0xfe, (byte)'\n', (byte)'-']); break;
            case "huge":
                using (var file = File.Create(List)) file.SetLength(1L << 30); // sparse: nothing on the disk
                break;
            case "directory": Directory.CreateDirectory(List + "/in/the/way"); break;
            case "pipe": MountNamespace.Tool("mkfifo", List); break;
            case "link": File.CreateSymbolicLink(List, machine.Scratch + "/other"); break;
        }

        Assert.Empty(GoodBootStore.Read(SystemPaths.Oem).Boots);
        var note = BootHistory.Record(Counters);
        Assert.Equal(kind == "directory", note.Length > 0);
        if (kind != "directory") Assert.Single(GoodBootStore.Read(SystemPaths.Oem).Boots);
        Assert.Equal("other", File.ReadAllText(machine.Scratch + "/other"));
    });
}
