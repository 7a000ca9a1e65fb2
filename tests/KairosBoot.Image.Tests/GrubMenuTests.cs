namespace KairosBoot.Image.Tests;

public class GrubMenuTests : Scratch
{
    [Fact]
    public void Grub_accepts_the_menu_and_nothing_is_left_to_fill_in()
    {
        var menu = WriteText("grub.cfg", GrubMenu.Text(4));
        HostTool.Run("grub-script-check", menu);
        var text = File.ReadAllText(menu);
        Assert.DoesNotContain("@", string.Concat(text.Split('\n').Where(line => !line.StartsWith('#'))));
        Assert.Contains("set recovery=\"$disk,gpt4\"", text);
    }
}
