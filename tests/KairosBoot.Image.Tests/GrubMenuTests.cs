using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

public class GrubMenuTests : Scratch
{
    [Fact]
    public void Grub_accepts_the_menu_and_nothing_is_left_to_fill_in()
    {
        var menu = WriteText("grub.cfg", GrubMenu.Text(4, "console=ttyS1 a.b=c,d"));
        HostTool.Run("grub-script-check", menu);
        var text = File.ReadAllText(menu);
        Assert.DoesNotContain("@", string.Concat(text.Split('\n').Where(line => !line.StartsWith('#'))));
        Assert.Contains("set append=\"console=ttyS1 a.b=c,d\"", text);
        Assert.Contains("set recovery=\"$disk,gpt4\"", text);
    }

    [Theory]
    [InlineData("a=\"b c\"")]
    [InlineData("a=$b")]
    [InlineData("a=b\\")]
    [InlineData("a\nreboot")]
    public void Arguments_that_grub_would_read_as_script_are_refused(string arguments) =>
        Assert.Contains("--append", Assert.Throws<OperatorException>(() => GrubMenu.Text(4, arguments)).Problem);
}
