using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>Trees that want more of the build host than to become an image.</summary>
public class HostileTreeTests : Scratch
{
    private const string Modules = "lib/modules/6.1.0-test";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string root;

    public HostileTreeTests()
    {
        root = SyntheticKernel.MakeSystem(PathOf("root"));
        WriteText("host/secret", "s3cret=word");
    }

    public static TheoryData<string, string> Obstacles
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var path in new[]
            {
                $"{Modules}/modules.dep", $"{Modules}/modules.alias", $"{Modules}/modules.softdep", $"{Modules}/modules.builtin",
                $"{Modules}/modules.builtin.modinfo",
                $"{Modules}/kernel/virtio_blk.ko", "usr/lib/kairosboot/kargs.d/a.conf", "etc/machine-id", "usr/lib/kairosboot/kairos-boot",
                "boot/initrd",
            })
            {
                foreach (var kind in new[] { "fifo", "zero", "kmsg", "giant", "link to a fifo" }) rows.Add(path, kind);
            }
            return rows;
        }
    }

    [RootTheory]
    [MemberData(nameof(Obstacles))]
    public void Endless_files_hang_neither_lint_nor_a_build(string path, string kind)
    {
        HostTool.Shell($"mkdir -p '{root}/{Path.GetDirectoryName(path)}' && rm -f '{root}/{path}'");
        HostTool.Shell(kind switch
        {
            "fifo" => $"mkfifo '{root}/{path}'",
            "zero" => $"mknod '{root}/{path}' c 1 5",
            "kmsg" => $"mknod '{root}/{path}' c 1 11",
            "giant" => $"truncate -s 2T '{root}/{path}'",
            _ => $"mkfifo '{root}/a fifo' && ln -s '/a fifo' '{root}/{path}'",
        });
        var work = Task.Run(() =>
        {
            Assert.NotEmpty(TreeLint.Check(root));
            // Only files that the build reads itself: the large file would become part of the image.
            var request = new InitrdRequest(root, null, "virtio", Compression: InitrdCompression.None,
                path.EndsWith("kairos-boot") ? null : Path.Combine(root, "kairos-boot"));
            try { InitrdBuilder.Build(request); }
            catch (OperatorException) { }
            if (kind != "giant" || path != "boot/initrd")
            {
                try
                {
                    ImageBuilder.Build(new ImageRequest(root, null, ImageFormat.Squashfs, null, null, "virtio", request.Init),
                    PathOf("image"));
                }
                catch (OperatorException refusal) { Assert.NotEmpty(refusal.Fix); }
            }
        });
        Assert.True(work.Wait(Patience), $"{kind} at {path}");
    }

    [Theory]
    [InlineData(ImageFormat.Ext4)]
    [InlineData(ImageFormat.Squashfs)]
    public void A_kernel_release_that_is_a_definition_starts_no_shell(ImageFormat format)
    {
        SyntheticKernel.Make(root, release: "6.1\nevil f 644 0 0 touch PWNED");
        Directory.Delete(Path.Combine(root, Modules), recursive: true);
        Assert.Contains("is not a kernel release", Refused(format).Problem);
        Assert.False(File.Exists("PWNED"));
    }

    [Fact]
    public void A_kernel_file_that_is_a_definition_starts_no_shell()
    {
        File.Delete(Path.Combine(root, "boot/vmlinuz-6.1.0-test"));
        File.WriteAllText(Path.Combine(root, "boot/vmlinuz-6.1\nevil f 644 0 0 touch PWNED"), "the kernel");
        Assert.Contains("is not a kernel release", Refused(ImageFormat.Squashfs).Problem);
        Assert.False(File.Exists("PWNED"));
    }

    [Fact]
    public void A_host_path_with_quotes_starts_no_shell()
    {
        var tree = PathOf("it's; touch PWNED; '");
        Directory.Move(root, tree);
        ImageBuilder.Build(new ImageRequest(tree, null, ImageFormat.Squashfs, null, null, "virtio", Path.Combine(tree, "kairos-boot")),
            PathOf("a 'b' ; touch PWNED"));
        Assert.False(File.Exists("PWNED"));
        Assert.Contains("/boot/initrd\n", HostTool.Run("unsquashfs", "-ll", PathOf("a 'b' ; touch PWNED")));
    }

    [Theory]
    [InlineData("usr/lib/kairosboot/kargs.d/a.conf")]
    [InlineData("etc/machine-id")]
    [InlineData($"{Modules}/modules.dep")]
    [InlineData($"{Modules}/modules.alias")]
    [InlineData($"{Modules}/kernel/virtio_blk.ko")]
    public void A_link_to_a_file_of_the_host_is_not_read(string path)
    {
        HostTool.Shell($"mkdir -p '{root}/{Path.GetDirectoryName(path)}' && ln -sf '{PathOf("host/secret")}' '{root}/{path}'");
        try
        {
            ImageBuilder.Build(new ImageRequest(root, null, ImageFormat.Squashfs, null, null, "virtio", Path.Combine(root, "kairos-boot")),
                PathOf("image"));
            HostTool.Run("unsquashfs", "-quiet", "-no-progress", "-d", PathOf("out"), PathOf("image"));
            Assert.False(File.Exists(PathOf("out/boot/kargs")));
        }
        catch (OperatorException refusal)
        {
            Assert.DoesNotContain("s3cret", refusal.Problem + refusal.Fix);
        }

        Assert.DoesNotContain(TreeLint.Check(root), finding => finding.Problem.Contains("s3cret"));
    }

    [Fact]
    public void A_module_index_cannot_copy_files_of_the_host()
    {
        File.WriteAllBytes(PathOf("host/loop.ko"), SyntheticKernel.Elf("the host's own"));
        var index = Path.Combine(root, Modules, "modules.dep");
        foreach (var name in new[] { PathOf("host/loop.ko"), $"../../../../host/loop.ko", $"../../..{PathOf("host/loop.ko")}" })
        {
            SyntheticKernel.Make(root);
            File.WriteAllText(index, File.ReadAllText(index).Replace("kernel/loop.ko:", $"{name}:"));
            Assert.Contains("which does not exist", Assert.Throws<OperatorException>(
                () => InitrdBuilder.Build(new InitrdRequest(root, null, "virtio", InitrdCompression.None,
                    Path.Combine(root, "kairos-boot")))).Problem);
        }
    }

    [Theory]
    [InlineData("boot")]
    [InlineData("usr/local")]
    [InlineData("lib")]
    public void A_directory_that_is_a_link_to_the_host_gets_no_file(string path)
    {
        var host = PathOf("host");
        HostTool.Shell($"cd '{root}' && rm -rf '{path}' && ln -s '{host}' '{path}'");
        if (path != "lib") Assert.ThrowsAny<OperatorException>(Build);
        Assert.Equal(["secret"], Names(host));

        void Build()
        {
            ImageBuilder.Build(new ImageRequest(root, null, ImageFormat.Erofs, null, null, "virtio", Path.Combine(root, "kairos-boot")),
                PathOf("image"));
            throw new OperatorException("built", "which is right too");
        }
    }

    private OperatorException Refused(ImageFormat format) => Assert.Throws<OperatorException>(
        () => ImageBuilder.Build(new ImageRequest(root, null, format, null, null, "virtio", Path.Combine(root, "kairos-boot")),
            PathOf("image")));
}
