using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>GRUB, running the menu, hands the machine's own kernel arguments on, and those of the image in front of them.</summary>
public class GrubArgumentsTests : Scratch
{
    // Each character that a word may have, where GRUB could interpret it.
    private const string Odd = "stages.initramfs[0].commands[0]=a&b;(c)<d>!e~f^g@h%i+j,k:l/m#n-o_p";

    private static readonly Kargs Proven =
        new Kargs { Serial = 4 }.Add(null, "loglevel=7").Add(null, Odd).Add(Slot.Active, "only=active").Add(Slot.Passive, "only=passive")
            .Add(Slot.Recovery, "only=recovery");

    [Theory]
    [InlineData(Slot.Active)]
    [InlineData(Slot.Passive)]
    [InlineData(Slot.Recovery)]
    public void Arguments_of_the_machine_and_the_slot_come_last(Slot slot)
    {
        Assert.Null(Proven.Problem);
        var words = Run(new BootCounters { Once = slot }, proven: Proven).Words;
        Assert.Equal(["the=image's", "kairosboot.kargs=4/", "loglevel=7", Odd, "only=" + slot.Name()], words[^5..]);
    }

    [Fact]
    public void A_machine_without_arguments_has_only_those_of_the_image()
    {
        var end = Run(new());
        Assert.Equal("the=image's", end.Words[^1]);
        Assert.Null(end.Word("kairosboot.kargs"));
    }

    [Theory]
    [InlineData(3, "5/", "new=1")]
    [InlineData(2, "5/", "new=1")]
    [InlineData(1, "4/5", "only=active")]
    public void The_last_try_is_without_pending_arguments(int tries, string told, string last)
    {
        var end = Run(new BootCounters { Active = new(tries, false, "") }, Proven, new Kargs { Serial = 5 }.Add(null, "new=1"));
        Assert.Equal((told, last), (end.Word("kairosboot.kargs"), end.Words[^1]));
    }

    [Theory]
    [InlineData("00112233445566778899aabbccddeeff", "00112233445566778899aabbccddeeff")]
    [InlineData("00 init=/bin/sh", null)]
    [InlineData("", null)]
    public void The_id_of_the_last_good_boot_identifies_the_disk(string id, string? told) =>
        Assert.Equal(told, new GrubRun(Fresh()).Run(GrubRun.Block($"active_left=3\nboot_id={id}\n")).Word("kairosboot.id"));

    [Fact]
    public void The_last_try_is_without_the_first_pending_arguments_too()
    {
        var trial = new Kargs { Serial = 1 }.Add(null, "new=1");
        Assert.Equal("new=1", Run(new(), trial: trial).Words[^1]);
        Assert.Equal("kairosboot.kargs=/1", Run(new BootCounters { Active = new(1, false, "") }, trial: trial).Words[^1]);
    }

    [Fact]
    public void An_invalid_kargs_file_is_ignored_and_the_system_boots()
    {
        var run = new GrubRun(Fresh(),
            prepare: "echo garbage > state/kargs; echo garbage > state/kargs.new; echo garbage > image/boot/kargs");
        var end = run.Run(new BootCounters());
        Assert.Equal(("started", "active", null), (end.End, end.Word("kairosboot.slot"), end.Word("kairosboot.kargs")));
    }

    private GrubEnd Run(BootCounters counters, Kargs? proven = null, Kargs? trial = null)
    {
        var directory = Fresh();
        var prepare = ":";
        void Put(string place, byte[] content)
        {
            File.WriteAllBytes($"{directory}/{prepare.Length}", content);
            prepare += $"; mv {prepare.Length} {place}";
        }

        if (proven is not null) Put("state/kargs", proven.Write());
        if (trial is not null) Put("state/kargs.new", trial.Write());
        Put("image/boot/kargs", new EnvironmentBlock([new("image_kargs", "the=image's")]).ToBytes(EnvironmentBlock.Bytes));
        return new GrubRun(directory, prepare: prepare).Run(counters);
    }

    private string Fresh() => Directory.CreateDirectory(PathOf(Guid.NewGuid().ToString("N"))).FullName;
}
