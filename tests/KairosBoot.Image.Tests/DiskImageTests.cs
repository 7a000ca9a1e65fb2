using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>The images that a disk is built from.</summary>
public class DiskImageTests : DiskBuilding
{
    [Fact]
    public void An_image_that_does_not_match_its_seal_is_refused()
    {
        HostTool.Run("debugfs", "-w", "-R", "mkdir /written", Image);
        Assert.Contains($"{Image} does not match its seal", Assert.Throws<OperatorException>(() => Build(Request())).Problem);
        HostTool.Run("truncate", "-s", "-4096", Image);
        Build(Request());
    }

    [Fact]
    public void An_image_contains_the_programs_to_install_grub()
    {
        foreach (var (name, start) in new[] { ("boot.img", "\u00eb"), ("core.img", ""), ("bootx64.efi", "MZ") })
        {
            HostTool.DebugFs(Image, $"dump /usr/lib/kairosboot/grub/{name} {PathOf(name)}");
            Assert.StartsWith(start, System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(PathOf(name))));
            Assert.NotEqual(0, new FileInfo(PathOf(name)).Length);
        }
    }

    [Fact]
    public void A_squashfs_recovery_is_named_by_its_superblock()
    {
        var root = PathOf("root");
        ImageBuilder.Build(new ImageRequest(root, null, ImageFormat.Squashfs, null, null, "virtio", Path.Combine(root, "kairos-boot")),
            PathOf("recovery.img"));
        var layout = Build(Request() with { Recovery = PathOf("recovery.img") });
        Assert.Contains("recovery.squashfs", HostTool.DebugFs(On(layout.Recovery), "ls /cOS"));
    }

    [Fact]
    public void Images_that_grub_cannot_load_a_kernel_from_are_refused()
    {
        Assert.Contains("does not exist", Refused(Request() with { Image = PathOf("none") }).Problem);
        Assert.Contains("is not a file system", Refused(Request() with { Image = WriteText("junk", new string('x', 100_000)) }).Problem);
        HostTool.Run("mksquashfs", PathOf("root"), PathOf("zstd"), "-quiet", "-no-progress", "-comp", "zstd");
        Assert.Contains("compressed by zstd", Refused(Request() with { Recovery = PathOf("zstd") }).Problem);
        HostTool.Run("mkfs.erofs", "--quiet", PathOf("erofs"), PathOf("root"));
        Assert.Contains("is erofs", Refused(Request() with { Image = PathOf("erofs") }).Problem);
        HostTool.Run("mke2fs", "-q", "-t", "ext4", "-O", "inline_data", PathOf("inline"), "16M");
        Assert.Contains("inline_data", Refused(Request() with { Image = PathOf("inline") }).Problem);
    }

    [Theory]
    [InlineData("ext4")]
    [InlineData("squashfs")]
    public void Images_without_a_kernel_or_an_initrd_are_refused(string format)
    {
        Assert.Contains("/boot/vmlinuz is missing", RefusedWith(format, "true"));
        Assert.Contains("/boot/initrd is missing", RefusedWith(format, "echo kernel > boot/vmlinuz"));
        Assert.Contains("/boot/initrd is empty", RefusedWith(format, "touch boot/initrd"));
        Assert.Contains("/boot/initrd is not a regular file", RefusedWith(format, "rm boot/initrd; mkdir boot/initrd"));
        Assert.Contains("/boot/initrd is a dangling link (to /boot/none)",
            RefusedWith(format, "rmdir boot/initrd; ln -s /boot/none boot/initrd"));
        Assert.Contains("dangling link", RefusedWith(format, "ln -sf initrd boot/initrd"));
    }

    [Theory]
    [InlineData("ext4")]
    [InlineData("squashfs")]
    public void Links_to_kernel_and_initrd_are_followed_inside_the_image(string format)
    {
        var directory = new string('d', 80); // a target that ext4 stores outside the inode
        SyntheticKernel.MakeBootable(PathOf("tree"));
        var image = Pack(format, $"mkdir -p 'usr/a \"b\"/{directory}'; cp boot/vmlinuz 'usr/a \"b\"/{directory}/k';"
            + $"mv boot/initrd usr/initrd; rm boot/vmlinuz; ln -s '../lnk/{directory}/k' boot/vmlinuz; ln -s '/usr/a \"b\"' lnk;"
            + "ln -s /../usr/./initrd boot/second; ln -s second boot/initrd");
        DiskBuilder.Build(Request() with { Image = image, Recovery = Image }, PathOf("disk"));
        Assert.Equal(format, BootableImage.Check(image, default));
    }

    [Fact]
    public void The_size_of_an_image_is_that_of_the_links_target()
    {
        File.CreateSymbolicLink(PathOf("link"), Image);
        var direct = Build(Request());
        var linked = DiskBuilder.Build(Request() with { Image = PathOf("link") }, PathOf("disk2"));
        Assert.Equal(direct.State.Size, linked.State.Size);
    }

    // An image of the directory "tree" after these commands have changed it.
    private string Pack(string format, string commands)
    {
        HostTool.Shell($"mkdir -p {PathOf("tree/boot")}; cd {PathOf("tree")}; {commands}");
        File.Delete(PathOf(format));
        HostTool.Shell(format == "ext4" ? $"mke2fs -q -t ext4 -d {PathOf("tree")} {PathOf(format)} 16M"
            : $"mksquashfs {PathOf("tree")} {PathOf(format)} -quiet -no-progress");
        return PathOf(format);
    }

    // Root gets more checks, of which another one may come first.
    private string RefusedWith(string format, string commands)
    {
        var image = Pack(format, commands);
        Refused(Request() with { Image = image });
        return Assert.Throws<OperatorException>(() => BootableImage.Check(image, default)).Problem;
    }

    private string On(DiskPartition partition) => $"{PathOf("disk")}?offset={partition.Start}";
}
