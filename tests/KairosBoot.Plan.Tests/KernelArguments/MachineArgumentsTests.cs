namespace KairosBoot.Plan.Tests;

public sealed class MachineArgumentsTests
{
    private static Kargs Some => new Kargs { Serial = 7 }.Add(null, "quiet").Add(null, "console=ttyS1,115200").Add(Slot.Recovery, "single");

    [Fact]
    public void Arguments_are_read_as_they_were_written()
    {
        var read = Kargs.TryRead(Some.Write())!;
        Assert.True(read.SameAs(Some));
        Assert.Equal(7, read.Serial);
        Assert.Null(Kargs.TryRead("quiet"u8));
    }

    [Fact]
    public void The_maximum_number_of_arguments_fits_into_the_file()
    {
        var all = new Kargs().Add(null, new string('a', 450));
        foreach (var slot in Enum.GetValues<Slot>()) all = all.Add(slot, new string('b', 449));
        Assert.Null(all.Problem);
        Assert.True(Kargs.TryRead(all.Write())!.SameAs(all));
        Assert.NotNull(all.Add(Slot.Active, "c").Problem);
    }

    [Fact]
    public void Removing_a_name_removes_all_its_words()
    {
        var two = Some.Add(null, "console=tty0").Add(null, "consoleblank=0");
        Assert.Equal("quiet consoleblank=0", string.Join(' ', two.Remove(null, "console")[null]));
        Assert.Equal("quiet console=ttyS1,115200 consoleblank=0", string.Join(' ', two.Remove(null, "console=tty0")[null]));
        Assert.Equal("console=ttyS1,115200 quiet", string.Join(' ', Some.Add(null, "quiet")[null]));
    }

    [Theory]
    [InlineData("quiet", 0, null, false)]
    [InlineData("kairosboot.kargs=3/", 3, null, true)]
    [InlineData("kairosboot.kargs=3/4", 3, 4, true)]
    [InlineData("kairosboot.kargs=/4", 0, 4, true)]
    [InlineData("kairosboot.kargs=x/4", 0, null, false)]
    [InlineData("kairosboot.kargs=3", 0, null, false)]
    [InlineData("kairosboot.kargs=", 0, null, false)]
    [InlineData("kairosboot.kargs=3/-1", 0, null, false)]
    public void GRUB_reports_the_arguments_of_a_boot(string commandLine, int used, int? leftOut, bool said)
    {
        KargsBootInfo? expected = said ? new(used, leftOut) : null;
        Assert.Equal(expected, KargsBootInfo.Of(KernelCommandLine.Parse(commandLine)));
    }
}
