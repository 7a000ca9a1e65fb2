using System.Text.Json;

namespace KairosBoot.Image.Tests;

/// <summary>kboot image inspect: the same from a mounted image and from the tools of its file system, and safe for a terminal.</summary>
public sealed class ImageInspectionTests : StateCommands
{
    private readonly string root;

    public ImageInspectionTests()
    {
        root = SyntheticKernel.MakeBootable(PathOf("root"));
        Directory.CreateDirectory(Path.Combine(root, "usr/lib/systemd"));
        File.WriteAllText(Path.Combine(root, "usr/lib/systemd/systemd"), "");
        File.WriteAllText(Path.Combine(root, "usr/lib/os-release"), "ID=test\nVERSION_ID=\"7\"\nPRETTY_NAME=\"Test \\\"7\\\"\"\n");
        File.CreateSymbolicLink(Path.Combine(root, "etc/os-release"), "../usr/lib/os-release");
    }

    [Theory]
    [InlineData(ImageFormat.Ext4)]
    [InlineData(ImageFormat.Squashfs)]
    public void It_shows_what_the_build_has_put_in(ImageFormat format)
    {
        var built = Build(format);
        var image = ImageInspection.Of(PathOf("image"), mayMount: true, default);
        Assert.Equal((built.Id, built.SizeBytes), (image.Id, image.SizeBytes));
        Assert.Contains(("PRETTY_NAME", "Test \"7\""), image.OsRelease);
        const string Kernel = SyntheticKernel.Release;
        Assert.Equal(new InspectedKernel($"boot/vmlinuz-{Kernel}", 2064, Kernel, "bzImage", "x86_64", null), image.Kernel);
        Assert.Equal(SyntheticKernel.Release, image.Initrd!.Release);
        Assert.Equal("usr/lib/init", image.Init);
        Assert.Equal(11, image.Units.Count);
        Assert.All(image.Units, unit => Assert.True(unit.IsAsBuilt));
        Assert.True(image.MatchesSeal);
    }

    [Theory]
    [InlineData(ImageFormat.Ext4)]
    [InlineData(ImageFormat.Squashfs)]
    public void The_tools_read_the_same_as_a_mount(ImageFormat format)
    {
        File.CreateSymbolicLink(Path.Combine(root, "boot/initrd.link"), "/boot/initrd");
        HostTool.Shell($"cd '{root}/boot' && mv initrd 'the \"initrd\"' && ln -s '/boot/the \"initrd\"' initrd");
        Build(format);
        // Only a mounted image is searched for what marks its boots good.
        string[] Lines(params string[] options) => [.. Run(0, ["image", "inspect", PathOf("image"), .. options]).Split('\n')
            .Where(line => !line.StartsWith("good ", StringComparison.Ordinal))];
        Assert.Equal(Lines(), Lines("--no-mount"));
        Assert.Equal(SyntheticKernel.Release, ImageInspection.Of(PathOf("image"), mayMount: false, default).Initrd!.Release);
    }

    [Fact]
    public void Changed_images_and_units_are_reported()
    {
        Directory.CreateDirectory(Path.Combine(root, "usr/lib/systemd/system"));
        File.WriteAllText(Path.Combine(root, "usr/lib/systemd/system/cos-setup-fs.service"), "[Unit]\n");
        Build(ImageFormat.Ext4);
        using (var file = new FileStream(PathOf("image"), FileMode.Open)) { file.Seek(-8192, SeekOrigin.End); file.WriteByte(1); }
        var image = ImageInspection.Of(PathOf("image"), mayMount: true, default);
        Assert.Equal((true, false), (image.Seal is not null, image.MatchesSeal));
        Assert.Equal("usr/lib/systemd/system/cos-setup-fs.service", Assert.Single(image.Units, unit => !unit.IsAsBuilt).Path);
    }

    [Fact]
    public void Nothing_in_an_image_reaches_the_terminal_as_a_control_character()
    {
        const string Hostile = "\e]0;title\a\e[2J\u202e\u009b31m";
        File.WriteAllText(Path.Combine(root, "usr/lib/os-release"), $"PRETTY_NAME=\"{Hostile}\\nseal       correct\"\nID={Hostile}\n" +
            $"VERSION_ID={Hostile}\n");
        File.Delete(Path.Combine(root, "boot/vmlinuz"));
        File.Move(Path.Combine(root, $"boot/vmlinuz-{SyntheticKernel.Release}"), Path.Combine(root, "boot/k\e[2J"));
        File.CreateSymbolicLink(Path.Combine(root, "boot/vmlinuz"), "k\e[2J");
        Build(ImageFormat.Ext4);
        var shown = Run(0, "image", "inspect", PathOf("image"));
        Assert.DoesNotContain(shown, c => char.IsControl(c) && c != '\n' || c == '\u202e');
        Assert.DoesNotContain("\nseal       correct", shown);
        using var json = JsonDocument.Parse(Run(0, "image", "inspect", "--json", PathOf("image")));
        Assert.Equal("/boot/k\e[2J", json.RootElement.GetProperty("kernel").GetProperty("path").GetString());
    }

    private BuiltImage Build(ImageFormat format) => ImageBuilder.Build(
        new ImageRequest(root, null, format, null, null, "virtio", Path.Combine(root, "kairos-boot"), Path.Combine(root, "kairos-boot")),
        PathOf("image"));
}
