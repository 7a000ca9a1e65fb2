using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>Kernel arguments that an image brings along, for GRUB in one file.</summary>
public class ImageArgumentsTests : Scratch
{
    private readonly string root;

    public ImageArgumentsTests() => root = SyntheticKernel.MakeSystem(PathOf("root"));

    private BuiltImage Build() => ImageBuilder.Build(
        new(root, Tar: null, ImageFormat.Squashfs, SizeBytes: null, Kernel: null, "virtio", Path.Combine(root, "kairos-boot"), null),
        PathOf("image"));

    private string? Built()
    {
        HostTool.Run("unsquashfs", "-quiet", "-no-progress", "-d", PathOf("out"), PathOf("image"));
        return File.Exists(PathOf("out/boot/kargs"))
            ? EnvironmentBlock.TryParse(File.ReadAllBytes(PathOf("out/boot/kargs")))?["image_kargs"] : null;
    }

    [Fact]
    public void Argument_files_are_joined_in_order_without_comments()
    {
        WriteText("root/usr/lib/kairosboot/kargs.d/20-b.conf", "mitigations=auto\n");
        WriteText("root/usr/lib/kairosboot/kargs.d/10-a.conf", "# why\nloglevel=4 quiet # and why that\n\n");
        WriteText("root/usr/lib/kairosboot/kargs.d/10-a.conf.bak", "gone");
        Build();
        Assert.Equal("loglevel=4 quiet mitigations=auto", Built());
    }

    [Fact]
    public void A_tree_without_arguments_gets_no_file_and_an_existing_file_is_kept()
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
    public void Plain_arguments_of_a_Kairos_image_come_before_those_of_the_files()
    {
        WriteText("root/etc/cos/bootargs.cfg",
            "set kernel=/boot/vmlinuz\nset kernelcmd=\"root=LABEL=$label cos-img/filename=$img net.ifnames=1 panic=5\"\n" +
            "set initramfs=/boot/initrd\n");
        WriteText("root/usr/lib/kairosboot/kargs.d/a.conf", "quiet");
        Assert.DoesNotContain(Build().Warnings, warning => warning.Problem.Contains("bootargs"));
        Assert.Equal("net.ifnames=1 panic=5 quiet", Built());
    }

    [Fact]
    public void Arguments_of_a_Kairos_image_that_branch_are_reported()
    {
        WriteText("root/etc/cos/bootargs.cfg", "if [ -n \"$recoverylabel\" ]; then\n  set kernelcmd=\"quiet\"\nfi\n");
        var warning = Assert.Single(Build().Warnings, warning => warning.Problem.Contains("bootargs"));
        Assert.Contains("/etc/cos/bootargs.cfg has no effect", warning.Problem, StringComparison.Ordinal);
        Assert.Contains("line 1 is not an assignment: if [", warning.Problem, StringComparison.Ordinal);
        Assert.Contains("/usr/lib/kairosboot/kargs.d", warning.Fix, StringComparison.Ordinal);
        Assert.Null(Built());
    }

    [Fact]
    public void Arguments_that_the_menu_sets_are_refused_by_the_build()
    {
        WriteText("root/usr/lib/kairosboot/kargs.d/a.conf", "root=/dev/sda1");
        var refused = Assert.Throws<OperatorException>(() => Build());
        Assert.Contains("set by the boot menu", refused.Message, StringComparison.Ordinal);
        Assert.Contains("/usr/lib/kairosboot/kargs.d", refused.Fix, StringComparison.Ordinal);
    }
}
