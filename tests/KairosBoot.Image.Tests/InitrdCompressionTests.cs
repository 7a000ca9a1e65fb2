using System.Buffers.Binary;
using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>How an initrd is compressed, compared with the programs whose formats they are.</summary>
public sealed class InitrdCompressionTests : Scratch
{
    private const string Release = SyntheticKernel.Release;

    private readonly string root;

    public InitrdCompressionTests() => root = SyntheticKernel.MakeSystem(PathOf("root"));

    private BuiltInitrd Build(InitrdCompression compression) =>
        InitrdBuilder.Build(new InitrdRequest(root, null, "virtio", compression, Path.Combine(root, "kairos-boot"))
        {
            UnpacksKernel = true,
        });

    public static TheoryData<InitrdCompression, string> Programs =>
        new() { { InitrdCompression.Lz4, "lz4" }, { InitrdCompression.Zstd, "zstd" }, { InitrdCompression.Gzip, "gzip" } };

    [Theory]
    [MemberData(nameof(Programs))]
    public void Its_own_program_unpacks_it_to_the_plain_archive(InitrdCompression compression, string program)
    {
        // Content that cannot be compressed, and more than one block of lz4.
        var noise = new byte[compression == InitrdCompression.Lz4 ? 9 << 20 : 1 << 20];
        new Random(7).NextBytes(noise.AsSpan(1 << 18, 1 << 19));
        File.WriteAllBytes(Path.Combine(root, "kairos-boot"), [.. SyntheticKernel.Elf("init"), .. noise]);
        var plain = Build(InitrdCompression.None).Content;
        var packed = Build(compression).Content;
        Assert.Equal(packed, Build(compression).Content);
        Assert.Equal(0, packed.Length % 512);
        File.WriteAllBytes(PathOf("plain"), plain);
        File.WriteAllBytes(PathOf("packed"), packed);
        // lz4 reports the zeros after the archive, when it has unpacked it.
        HostTool.Shell($"{{ {program} -dc <{PathOf("packed")} || true; }} >{PathOf("unpacked")} 2>/dev/null; " +
            $"cmp -n $(stat -c %s {PathOf("unpacked")}) {PathOf("unpacked")} {PathOf("plain")}; truncate -s %512 {PathOf("unpacked")}; " +
            $"cmp {PathOf("unpacked")} {PathOf("plain")}");
        var contents = InitrdContents.Read(PathOf("packed"));
        Assert.Equal(InitrdContents.Read(PathOf("plain")).Files, contents.Files);
        Assert.Equal(program, contents.Compression);
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void Archives_of_the_program_and_those_after_it_are_read(InitrdCompression compression, string program)
    {
        var plain = Build(InitrdCompression.None).Content;
        File.WriteAllBytes(PathOf("plain"), plain);
        var pack = program == "lz4" ? "lz4 -lc" : program + " -c";
        HostTool.Shell($"cd {PathOf("")} && mkdir extra && echo more > extra/more && " +
            "(cd extra && echo more | cpio -o -H newc --quiet) > more && " +
            $"{{ {pack} plain; head -c 512 /dev/zero; {pack} more; head -c 8 /dev/zero; cat more; }} > packed");
        var contents = InitrdContents.Read(PathOf("packed"));
        Assert.Equal(compression.Word(), contents.Compression);
        Assert.Equal(2, contents.Files.Count(file => file.Name == "more"));
        Assert.Contains(contents.Files, file => file.Name == "init");
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void A_damaged_or_cut_archive_is_an_error_or_reads_as_it_was(InitrdCompression compression, string program)
    {
        var packed = Build(compression).Content;
        File.WriteAllBytes(PathOf("packed"), packed);
        var files = InitrdContents.Read(PathOf("packed")).Files;
        var random = new Random(11);
        var (refused, step) = (0, Math.Max(1, packed.Length / 300));
        for (var at = 0; at < packed.Length; at += step)
        {
            foreach (var damaged in (byte[][])[packed[..at], Flip(packed, at, random.Next(8))])
            {
                File.WriteAllBytes(PathOf("damaged"), damaged);
                try
                {
                    // lz4 has no checksum. The list of files has the same bounds as before, or is refused.
                    if (InitrdContents.Read(PathOf("damaged")).Files is var read && program != "lz4") Assert.Equal(files, read);
                }
                catch (OperatorException) { refused++; }
            }
        }
        Assert.True(refused > 250, refused.ToString());
    }

    private static byte[] Flip(byte[] file, int at, int bit)
    {
        byte[] damaged = [.. file];
        damaged[at] ^= (byte)(1 << bit);
        return damaged;
    }

    [Theory]
    [InlineData("CONFIG_RD_GZIP=y\nCONFIG_RD_LZ4=y\nCONFIG_RD_ZSTD=y\n", InitrdCompression.Lz4, "CONFIG_RD_LZ4=y")]
    [InlineData("CONFIG_RD_GZIP=y\n# CONFIG_RD_LZ4 is not set\nCONFIG_RD_ZSTD=y\n", InitrdCompression.Zstd, "CONFIG_RD_ZSTD=y")]
    [InlineData("CONFIG_RD_GZIP=y\nCONFIG_RD_LZ4=m\nCONFIG_RD_LZ4=yes\nXCONFIG_RD_LZ4=y\n", InitrdCompression.Gzip, "CONFIG_RD_GZIP=y")]
    [InlineData("CONFIG_X=y\n", InitrdCompression.None, "has no CONFIG_RD_ option")]
    [InlineData(null, InitrdCompression.Zstd, "was not found")]
    public void Auto_takes_the_fastest_that_the_configuration_has(string? config, InitrdCompression expected, string reason)
    {
        foreach (var place in (string[])["boot/config-" + Release, $"lib/modules/{Release}/config", "in the kernel"])
        {
            Directory.Delete(root, recursive: true);
            SyntheticKernel.MakeSystem(root);
            if (config is not null && place == "in the kernel") PutIntoKernel(config, "gzip");
            else if (config is not null) WriteText("root/" + place, config);
            var built = Build(InitrdCompression.Auto);
            Assert.Equal(expected, built.Compression);
            Assert.Contains(reason, built.Reason, StringComparison.Ordinal);
            Assert.Equal(Build(expected).Content, built.Content);
        }
    }

    [Theory]
    [InlineData("gzip -c")]
    [InlineData("xz -c --check=crc32")]
    [InlineData("zstd -c")]
    [InlineData("lz4 -lc")]
    [InlineData("cat")]
    public void The_configuration_in_a_kernel_is_found_however_it_is_packed(string compress)
    {
        PutIntoKernel("CONFIG_RD_LZ4=y\n", compress);
        Assert.Contains("the configuration in /boot/vmlinuz-" + Release, Build(InitrdCompression.Auto).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_kernel_has_no_configuration()
    {
        PutIntoKernel("CONFIG_RD_LZ4=y\n", "gzip -c");
        var path = Path.Combine(root, "boot/vmlinuz-" + Release);
        var kernel = File.ReadAllBytes(path);
        for (var at = 0; at < kernel.Length; at += 1009)
        {
            File.WriteAllBytes(path, Flip(kernel, at, at % 8));
            var kind = Build(InitrdCompression.Auto).Compression;
            Assert.True(kind is InitrdCompression.Lz4 or InitrdCompression.Zstd, kind.ToString());
        }
    }

    [Theory]
    [InlineData("mkdir boot/config-" + Release)]
    [InlineData("mkfifo boot/config-" + Release)]
    [InlineData("ln -s config-" + Release + " boot/config-" + Release)]
    [InlineData("ln -s /dev/zero boot/config-" + Release)]
    [InlineData("rm boot/vmlinuz-" + Release + "; mkdir boot/vmlinuz-" + Release)]
    [InlineData("rm boot/vmlinuz-" + Release + "; mkfifo boot/vmlinuz-" + Release)]
    [InlineData("rm boot/vmlinuz-" + Release + "; ln -s vmlinuz boot/vmlinuz; ln -s vmlinuz boot/vmlinuz-" + Release)]
    public void What_is_not_a_file_has_no_configuration(string damage)
    {
        HostTool.Shell($"cd {root} && {damage}");
        Assert.Equal(InitrdCompression.Zstd, Build(InitrdCompression.Auto).Compression);
    }

    // As the kernel's build does it: the configuration between its marks, in the kernel that is packed into a bzImage, with its size.
    private void PutIntoKernel(string config, string compress)
    {
        File.WriteAllText(PathOf("config"), config);
        HostTool.Shell($"cd {PathOf("")} && {{ head -c 70000 /dev/urandom; printf IKCFG_ST; gzip -nc config; printf IKCFG_ED; " +
            $"head -c 5000 /dev/zero; }} > vmlinux && {{ {compress.Replace("gzip -c", "gzip -nc")} <vmlinux; printf abcd; }} > payload");
        var payload = File.ReadAllBytes(PathOf("payload"));
        byte[] kernel = [.. SyntheticKernel.BzImage(Release), .. payload];
        var start = kernel.Length - payload.Length - (kernel[0x1F1] + 1) * 512;
        BinaryPrimitives.WriteUInt16LittleEndian(kernel.AsSpan(0x206), 0x20F);
        BinaryPrimitives.WriteInt32LittleEndian(kernel.AsSpan(0x248), start);
        BinaryPrimitives.WriteInt32LittleEndian(kernel.AsSpan(0x24C), payload.Length);
        File.WriteAllBytes(Path.Combine(root, "boot/vmlinuz-" + Release), kernel);
    }

    [Fact]
    public void A_format_that_the_kernel_lacks_is_refused_and_found_by_lint()
    {
        SyntheticKernel.MakeBootable(PathOf("boots"));
        Assert.DoesNotContain(TreeLint.Check(PathOf("boots")), finding => finding.Problem.Contains("unpack", StringComparison.Ordinal));
        WriteText($"boots/boot/config-{Release}", "CONFIG_RD_GZIP=y\n");
        Assert.Contains(TreeLint.Check(PathOf("boots")), finding => finding.Kind == FindingKind.Error && finding.Problem ==
            $"/boot/initrd is compressed with zstd: the kernel {Release} does not unpack zstd: " +
            $"/boot/config-{Release} has no CONFIG_RD_ZSTD=y");
        WriteText($"root/boot/config-{Release}", "CONFIG_RD_GZIP=y\n");
        Assert.Contains("does not unpack lz4", Assert.Throws<OperatorException>(() => Build(InitrdCompression.Lz4)).Problem,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("5.8.18-300.fc33", false)]
    [InlineData("5.9.0", true)]
    [InlineData("6.1.0-56-amd64", true)]
    [InlineData("5.10-rc1", true)]
    [InlineData("next", false)]
    public void The_version_of_a_release_is_compared_as_numbers(string release, bool isAtLeast) =>
        Assert.Equal(isAtLeast, KernelRelease.Parse(release, "").IsAtLeast(5, 9));
}
