using System.Text;

namespace KairosBoot.Plan.Tests;

public class InitrdFormatTests
{
    [Fact]
    public void The_sentence_of_a_program_has_the_number_of_this_version()
    {
        Assert.StartsWith($"kairos-boot format {InitrdFormat.Current}: ", Encoding.UTF8.GetString(InitrdFormat.Sentence));
        Assert.Equal(InitrdFormat.Current, InitrdFormat.Of([0x7F, .. new byte[5000], .. InitrdFormat.Sentence, 0, 1]));
        Assert.InRange(InitrdFormat.Min, 0, InitrdFormat.Current);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("kairos-boot is /init of an initrd", 0)]
    [InlineData("kairos-boot format 12: x", 12)]
    [InlineData("kairos-boot format 12", 0)]
    [InlineData("kairos-boot format : kairos-boot format 3: x", 3)]
    [InlineData("kairos-boot format 99999999999: x", 0)]
    [InlineData("kairos-boot format -1: x", 0)]
    [InlineData("kairos-boot format ", 0)]
    public void The_number_is_found_in_any_file(string program, int number) =>
        Assert.Equal(number, InitrdFormat.Of(Encoding.UTF8.GetBytes(program)));

    [Fact]
    public void Only_a_program_below_the_lowest_number_is_too_old()
    {
        Assert.Null(InitrdFormat.Problem("an early program"u8));
        Assert.Null(InitrdFormat.Problem("kairos-boot format 2: x"u8, min: 2));
        Assert.Null(InitrdFormat.Problem("kairos-boot format 3: x"u8, min: 2));
        Assert.Equal("its kairos-boot has the format 1, but the disks of this kboot need 2 or later",
            InitrdFormat.Problem("kairos-boot format 1: x"u8, min: 2));
    }
}
