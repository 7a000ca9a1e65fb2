namespace KairosBoot.Image.Tests;

public class GrubMenuTests : Scratch
{
    [Fact]
    public void Grub_accepts_the_menu_and_no_placeholder_remains()
    {
        var menu = WriteText("grub.cfg", GrubMenu.Text(4, Architecture.Amd64));
        HostTool.Run("grub-script-check", menu);
        var text = File.ReadAllText(menu);
        Assert.DoesNotMatch("@[A-Z]+@", string.Concat(text.Split('\n').Where(line => !line.StartsWith('#'))));
        Assert.Contains("set recovery=\"$disk,gpt4\"", text);
        // The menu names COS_OEM by its number, which is the same on every disk of kboot.
        Assert.Equal(3, DiskLayout.Plan(1 << 20, 1 << 20, null, new DiskSizes(), "").Oem.Number);
        Assert.Contains("set oem=\"$disk,gpt3\"", text);
    }
}
