using System.Security.Cryptography;
using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

public class ImageTests : Scratch
{
    private readonly string root;

    public ImageTests() => root = SyntheticKernel.MakeSystem(PathOf("root"));

    [Theory]
    [InlineData(ImageFormat.Ext4)]
    [InlineData(ImageFormat.Squashfs)]
    [InlineData(ImageFormat.Erofs)]
    public void The_same_tree_gives_the_same_image_at_another_time_and_path(ImageFormat format)
    {
        var first = Hash(Build(root, "first", format));
        var copy = CopyLater(root, "elsewhere/root");
        HostTool.Shell($"cat '{copy}/etc/'* > /dev/null"); // another time of last access
        Assert.Equal(first, Hash(Build(copy, "second", format)));
    }

    [Theory]
    [InlineData(ImageFormat.Ext4)]
    [InlineData(ImageFormat.Squashfs)]
    [InlineData(ImageFormat.Erofs)]
    public void The_order_in_which_files_were_created_does_not_matter(ImageFormat format)
    {
        HostTool.Shell($"cd '{root}' && for n in 1 2 3 4 5 6 7 8 9; do mkdir d$n; echo $n > d$n/f; ln d$n/f d$n/hard; done; find . " +
            $"-exec touch -h -d @1000000000 {{}} +");
        HostTool.Shell($"cd '{root}' && mkdir {PathOf("backwards")} && find . | sort -r | tar --no-recursion -c -T - | tar -x -C " +
            $"{PathOf("backwards")} && find {PathOf("backwards")} -exec touch -h -d @1000000000 {{}} +");
        string ByInode(string tree) => HostTool.Shell($"cd '{tree}' && find . -printf '%i %p\\n' | sort -n | cut -d ' ' -f 2-");
        Assert.NotEqual(ByInode(root), ByInode(PathOf("backwards")));
        Assert.Equal(Hash(Build(root, "first", format)), Hash(Build(PathOf("backwards"), "second", format)));
    }

    [Fact]
    public void An_initrd_of_another_architecture_than_the_kernel_is_refused()
    {
        File.WriteAllBytes(Path.Combine(root, "boot/vmlinuz"), [.. new byte[0x38], .. "ARM\x64"u8, .. new byte[64]]);
        File.WriteAllBytes(Path.Combine(root, "usr/lib/init"), SyntheticKernel.ElfFor(183));
        File.WriteAllBytes(Path.Combine(root, "kairos-boot"), SyntheticKernel.ElfFor(62));
        SyntheticKernel.Pack(root, "virtio");
        var failure = Assert.Throws<OperatorException>(() => Build(root, "image", ImageFormat.Ext4));
        Assert.Equal("/boot/initrd of the tree is for x86_64, but its /boot/vmlinuz is for aarch64", failure.Problem);
    }

    [Theory]
    [InlineData(ImageFormat.Ext4)]
    [InlineData(ImageFormat.Squashfs)]
    public void The_same_export_gives_the_same_image_at_another_time_and_path(ImageFormat format)
    {
        HostTool.Shell($"tar -C '{root}' -cf {PathOf("first.tar")} . && gzip -c {PathOf("first.tar")} > {PathOf("second.tar.gz")} && " +
            $"sleep 1.1 && mkdir {PathOf("elsewhere")}");
        ImageRequest Of(string tar) =>
            new(Root: null, PathOf(tar), format, SizeBytes: null, Kernel: null, "virtio", Path.Combine(root, "kairos-boot"));
        ImageBuilder.Build(Of("first.tar"), PathOf("first"));
        ImageBuilder.Build(Of("second.tar.gz"), PathOf("elsewhere/second"));
        Assert.Equal(Hash(PathOf("first")), Hash(PathOf("elsewhere/second")));
    }

    [Theory]
    [InlineData(ImageFormat.Ext4)]
    [InlineData(ImageFormat.Squashfs)]
    [InlineData(ImageFormat.Erofs)]
    public void The_id_of_an_image_depends_only_on_its_content(ImageFormat format)
    {
        // Same length, same date, not compressible: the superblocks of the two images are equal.
        void Fill(byte seed)
        {
            var noise = new byte[300_000];
            new Random(seed).NextBytes(noise);
            File.WriteAllBytes(Path.Combine(root, "noise"), noise);
            HostTool.Shell($"find '{root}' -exec touch -h -d @1000000000 {{}} +");
        }

        Fill(1);
        var first = ImageBuilder.Build(Request(root, format), PathOf("first"));
        Fill(2);
        var second = ImageBuilder.Build(Request(root, format), PathOf("second"));
        Assert.Equal(first.SizeBytes, second.SizeBytes);
        Assert.NotEqual(first.Id, second.Id);
        HostTool.Shell($"sleep 0.1; cp {PathOf("first")} {PathOf("copy")}");
        Assert.Equal(first.Id, SealedImage.Id(PathOf("copy")));
        Fill(1);
        Assert.Equal(first.Id, ImageBuilder.Build(Request(root, format), PathOf("third")).Id);
    }

    [Fact]
    public void The_seal_has_size_and_digest_of_the_image()
    {
        var seal = SealedImage.Read(Build(root, "image", ImageFormat.Squashfs))!;
        Assert.Equal(HostTool.Shell($"head -c {seal.Size} {PathOf("image")} | sha256sum")[..64], seal.Sha256);
        HostTool.Shell($"head -c -1 {PathOf("image")} > {PathOf("short")}; cat {PathOf("image")} {PathOf("image")} > {PathOf("double")}");
        Assert.Null(SealedImage.Read(PathOf("short")));
        Assert.Null(SealedImage.Read(PathOf("double")));
    }

    [Fact]
    public void A_changed_image_has_another_id()
    {
        var id = SealedImage.Id(Build(root, "image", ImageFormat.Ext4));
        HostTool.Run("debugfs", "-w", "-R", "mkdir /written", PathOf("image"));
        Assert.NotEqual(id, SealedImage.Id(PathOf("image")));
    }

    [Fact]
    public void An_ext4_image_is_clean_and_has_what_a_boot_needs()
    {
        var image = Build(root, "image", ImageFormat.Ext4);
        HostTool.Run("e2fsck", "-fn", image);
        Assert.Contains("COS_ACTIVE", HostTool.Run("dumpe2fs", "-h", image));
        Assert.Contains("Fast link dest: \"vmlinuz-6.1.0-test\"", HostTool.DebugFs(image, "stat /boot/vmlinuz"));
        Assert.Contains("6.1.0-test (test)", HostTool.DebugFs(image, "cat /boot/vmlinuz-6.1.0-test"));
        Assert.Matches("Mode: +0644", HostTool.DebugFs(image, "stat /boot/initrd"));
        Assert.Matches("Mode: +01777", HostTool.DebugFs(image, "stat /tmp"));
        Assert.Contains("Type: directory", HostTool.DebugFs(image, "stat /usr/local"));
        Assert.Equal("content", HostTool.DebugFs(image, "cat \"/etc/a name with \"\"quotes\"\" and spaces\""));
    }

    [Fact]
    public void A_squashfs_image_has_the_same_content_and_grub_reads_it()
    {
        var image = Build(root, "image", ImageFormat.Squashfs);
        var listing = HostTool.Run("unsquashfs", "-ll", image);
        Assert.Contains("/boot/vmlinuz -> vmlinuz-6.1.0-test", listing);
        Assert.Contains("/boot/initrd\n", listing);
        Assert.Matches("drwxrwxrwt root/root .*/tmp\n", listing);
        Assert.Equal("squashfs", GrubReadable.Check(image));
    }

    [Fact]
    public void The_input_tree_is_not_changed()
    {
        string State() => HostTool.Shell($"cd '{root}' && find . -printf '%p %m %s %T@ %n\\n' | sort");
        var before = State();
        Build(root, "image", ImageFormat.Ext4);
        Build(root, "image", ImageFormat.Squashfs);
        Build(root, "image", ImageFormat.Erofs);
        Assert.Equal(before, State());
    }

    [Fact]
    public void Additions_are_reported_and_files_of_the_tree_are_kept()
    {
        SyntheticKernel.Pack(root, "virtio,squashfs");
        var own = Hash(Path.Combine(root, "boot/initrd"));
        var built = ImageBuilder.Build(Request(root, ImageFormat.Ext4), PathOf("image"));
        Assert.Contains("/boot/vmlinuz -> vmlinuz-6.1.0-test", built.Added);
        Assert.Contains("/oem/", built.Added);
        Assert.DoesNotContain("/boot/initrd", built.Added);
        Assert.DoesNotContain("/etc/", built.Added);
        HostTool.DebugFs(PathOf("image"), $"dump /boot/initrd {PathOf("initrd")}");
        Assert.Equal(own, Hash(PathOf("initrd")));
    }

    [Fact]
    public void A_kernel_next_to_its_modules_is_found()
    {
        File.Delete(Path.Combine(root, "boot/vmlinuz-6.1.0-test"));
        Directory.CreateDirectory(Path.Combine(root, "usr/lib/modules/6.1.0-test"));
        File.WriteAllBytes(Path.Combine(root, "usr/lib/modules/6.1.0-test/vmlinuz"), SyntheticKernel.BzImage("6.1.0-test"));
        var built = ImageBuilder.Build(Request(root, ImageFormat.Ext4), PathOf("image"));
        Assert.Contains("/boot/vmlinuz -> ../usr/lib/modules/6.1.0-test/vmlinuz", built.Added);
    }

    [Fact]
    public void The_size_fits_many_small_files_long_directories_and_large_files()
    {
        for (var i = 0; i < 4000; i++)
            WriteText($"root/many/{new string('n', 200)}{i}", "x");
        File.WriteAllBytes(Path.Combine(root, "large"), RandomNumberGenerator.GetBytes(30 << 20));
        HostTool.Run("e2fsck", "-fn", Build(root, "image", ImageFormat.Ext4));
    }

    [Fact]
    public void A_given_size_is_used_or_refused()
    {
        ImageBuilder.Build(Request(root, ImageFormat.Ext4) with { SizeBytes = 100 << 20 }, PathOf("image"));
        Assert.Equal(100 << 20, new FileInfo(PathOf("image")).Length);
        File.Delete(PathOf("image"));
        Assert.Contains("is too small", Refused(Request(root, ImageFormat.Ext4) with { SizeBytes = 1 << 20 }).Problem);
    }

    [Fact]
    public void A_tree_with_the_identity_of_a_machine_is_refused()
    {
        var key = WriteText("root/etc/ssh/ssh_host_rsa_key", "secret");
        Assert.Contains("ssh_host_rsa_key", Refused(Request(root, ImageFormat.Ext4)).Problem);
        File.Delete(key);
        WriteText("root/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
        Assert.Contains("truncate", Refused(Request(root, ImageFormat.Ext4)).Fix);
        WriteText("root/etc/machine-id", "uninitialized\n");
        Build(root, "image", ImageFormat.Ext4);
    }

    [Fact]
    public void A_tree_that_cannot_boot_is_refused()
    {
        Assert.Contains("is not a directory", Refused(Request(PathOf("nowhere"), ImageFormat.Ext4)).Problem);
        File.Delete(Path.Combine(root, "boot/vmlinuz-6.1.0-test"));
        Assert.Contains("no kernel image for 6.1.0-test", Refused(Request(root, ImageFormat.Ext4)).Problem);
        File.WriteAllBytes(Path.Combine(root, "boot/vmlinuz-6.1.0-test"), SyntheticKernel.BzImage("6.1.0-test"));
        File.Delete(Path.Combine(root, "usr/lib/init"));
        Assert.Contains("no /sbin/init", Refused(Request(root, ImageFormat.Ext4)).Problem);
    }

    [Fact]
    public void An_output_that_cannot_be_written_is_refused()
    {
        Assert.Contains("mkdir -p",
            Assert.Throws<OperatorException>(() => ImageBuilder.Build(Request(root, ImageFormat.Ext4), PathOf("no/such/image"))).Fix);
        Assert.Contains("not a regular file",
            Assert.Throws<OperatorException>(() => ImageBuilder.Build(Request(root, ImageFormat.Ext4), root)).Problem);
    }

    private ImageRequest Request(string root, ImageFormat format) =>
        new(root, Tar: null, format, SizeBytes: null, Kernel: null, "virtio", Path.Combine(root, "kairos-boot"));

    private string Build(string root, string name, ImageFormat format)
    {
        ImageBuilder.Build(Request(root, format), PathOf(name));
        return PathOf(name);
    }

    private OperatorException Refused(ImageRequest request)
    {
        Directory.CreateDirectory(PathOf("out"));
        var failure = Assert.Throws<OperatorException>(() => ImageBuilder.Build(request, PathOf("out/image")));
        Assert.Empty(Names(PathOf("out")));
        return failure;
    }

    private static string Hash(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexString(SHA256.HashData(file));
    }
}
