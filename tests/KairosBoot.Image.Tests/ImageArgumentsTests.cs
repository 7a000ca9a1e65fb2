using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>Kernel arguments that an image brings along, for GRUB in one file.</summary>
public class ImageArgumentsTests : Scratch
{
    private readonly string root;

    public ImageArgumentsTests() => root = SyntheticKernel.MakeSystem(PathOf("root"));

    private void Build() => ImageBuilder.Build(
        new(root, Tar: null, ImageFormat.Squashfs, SizeBytes: null, Kernel: null, "virtio", Path.Combine(root, "kairos-boot"), null), PathOf("image"));

    private string? Built()
    {
        HostTool.Run("unsquashfs", "-quiet", "-no-progress", "-d", PathOf("out"), PathOf("image"));
        return File.Exists(PathOf("out/boot/kargs")) ? EnvironmentBlock.TryParse(File.ReadAllBytes(PathOf("out/boot/kargs")))?["image_kargs"] : null;
    }

    [Fact]
    public void Files_are_joined_in_their_order_without_comments()
    {
        WriteText("root/usr/lib/kairosboot/kargs.d/20-b.conf", "mitigations=auto\n");
        WriteText("root/usr/lib/kairosboot/kargs.d/10-a.conf", "# why\nloglevel=4 quiet # and why that\n\n");
        WriteText("root/usr/lib/kairosboot/kargs.d/10-a.conf.bak", "gone");
        Build();
        Assert.Equal("loglevel=4 quiet mitigations=auto", Built());
    }

    [Fact]
    public void A_tree_without_any_has_no_such_file_and_one_of_its_own_stays()
    {
        Build();
        Assert.Null(Built());
        WriteText("root/usr/lib/kairosboot/kargs.d/a.conf", "quiet");
        File.WriteAllBytes(Path.Combine(root, "boot/kargs"), Encoding.ASCII.GetBytes("# GRUB Environment Block\nimage_kargs=mine\n###"));
        File.Delete(PathOf("image"));
        Directory.Delete(PathOf("out"), recursive: true);
        Build();
        Assert.Equal("mine", Built());
    }

    [Fact]
    public void Words_that_are_the_menus_are_refused_when_the_image_is_built()
    {
        WriteText("root/usr/lib/kairosboot/kargs.d/a.conf", "root=/dev/sda1");
        var refused = Assert.Throws<OperatorException>(Build);
        Assert.Contains("set by the boot menu", refused.Message, StringComparison.Ordinal);
        Assert.Contains("/usr/lib/kairosboot/kargs.d", refused.Fix, StringComparison.Ordinal);
    }
}
