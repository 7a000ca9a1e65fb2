namespace KairosBoot.Image.Tests;

public class GrubMenuTests : Scratch
{
    [Fact]
    public void Grub_accepts_the_menu_and_no_placeholder_remains()
    {
        var menu = WriteText("grub.cfg", GrubMenu.Text(4));
        HostTool.Run("grub-script-check", menu);
        var text = File.ReadAllText(menu);
        Assert.DoesNotContain("@", string.Concat(text.Split('\n').Where(line => !line.StartsWith('#'))));
        Assert.Contains("set recovery=\"$disk,gpt4\"", text);
    }
}
