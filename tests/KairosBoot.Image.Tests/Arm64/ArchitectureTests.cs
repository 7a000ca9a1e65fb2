using System.IO.Compression;
using KairosBoot.Plan;

namespace KairosBoot.Image.Tests.Arm64;

public class ArchitectureTests
{
    private static byte[] Compressed(byte[] content, CompressionLevel level)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, level)) gzip.Write(content);
        return output.ToArray();
    }

    // The rest of a kernel hardly compresses.
    private static byte[] Arm64Image()
    {
        var rest = new byte[1 << 20];
        new Random(1).NextBytes(rest);
        return [.. SyntheticKernel.Arm64Image, .. rest];
    }

    /// <summary>The header of a kernel that EFI unpacks (CONFIG_EFI_ZBOOT), for a machine of the PE format.</summary>
    private static byte[] ZBoot(ushort machine)
    {
        var kernel = new byte[0x200];
        "MZ\0\0zimg"u8.CopyTo(kernel);
        kernel[0x3C] = 0x40;
        "PE\0\0"u8.CopyTo(kernel.AsSpan(0x40));
        BitConverter.TryWriteBytes(kernel.AsSpan(0x44), machine);
        return kernel;
    }

    [Fact]
    public void The_kernel_says_the_architecture()
    {
        Assert.Equal("x86_64", Architecture.MachineOfKernel(SyntheticKernel.BzImage("6.1.0")));
        Assert.Equal("aarch64", Architecture.MachineOfKernel(SyntheticKernel.Arm64Image));
        Assert.Equal("aarch64", Architecture.MachineOfKernel(ZBoot(0xAA64)));
        Assert.Equal("x86_64", Architecture.MachineOfKernel(ZBoot(0x8664)));
        Assert.Equal("riscv64", Architecture.MachineOfKernel(ZBoot(0x5064)));
        Assert.Null(Architecture.MachineOfKernel("the kernel"u8));
        Assert.Null(Architecture.MachineOfKernel([]));
    }

    [Theory]
    [InlineData(CompressionLevel.Fastest)]
    [InlineData(CompressionLevel.Optimal)]
    [InlineData(CompressionLevel.NoCompression)]
    public void A_gzip_kernel_says_it_by_its_first_bytes(CompressionLevel level)
    {
        var file = Compressed(Arm64Image(), level);
        Assert.Equal("aarch64", Architecture.MachineOfKernel(file));
        Assert.Equal("aarch64", Architecture.MachineOfKernel(file.AsSpan(0, KernelImage.HeadBytes)));
        Assert.Null(Architecture.MachineOfKernel(Compressed("no kernel"u8.ToArray(), level)));
    }

    [Fact]
    public void A_cut_or_damaged_kernel_says_the_right_architecture_or_none()
    {
        var random = new Random(1);
        byte[][] kernels = [Compressed(Arm64Image(), CompressionLevel.Optimal), SyntheticKernel.Arm64Image, ZBoot(0xAA64)];
        foreach (var kernel in kernels)
        {
            for (var cut = 0; cut < Math.Min(kernel.Length, 4096); cut++)
                Assert.Contains(Architecture.MachineOfKernel(kernel.AsSpan(0, cut)), (string?[])["aarch64", null]);
            for (var round = 0; round < 2000; round++)
            {
                var damaged = kernel[..Math.Min(kernel.Length, 8192)];
                for (var change = random.Next(4); change >= 0; change--) damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                _ = Architecture.MachineOfKernel(damaged); // does not throw
            }
        }
    }

    [Fact]
    public void Each_architecture_has_its_own_names()
    {
        foreach (var select in (Func<Architecture, string>[])[a => a.Name, a => a.Machine, a => a.EfiFile, a => a.Efi.Name,
            a => a.Efi.Package])
        {
            Assert.Distinct(Architecture.All.Select(select));
        }

        foreach (var architecture in Architecture.All)
        {
            Assert.Same(architecture, Architecture.Find(architecture.Machine));
            if (architecture.ModuleSet is { } set) Assert.Contains(set, ModuleSet.Names);
            // A FAT directory entry
            Assert.Matches("^[A-Z0-9]{1,8}[.]EFI$", architecture.EfiFile);
        }

        Assert.Null(Architecture.Find("riscv64"));
        Assert.Null(Architecture.Find(null));
    }

    [Fact]
    public void Only_a_PC_has_a_BIOS_and_the_console_ttyS0()
    {
        Assert.Equal([Architecture.Amd64], Architecture.All.Where(architecture => architecture.Bios is not null));
        Assert.Contains("console=tty1 console=ttyS0\"", GrubMenu.Text(4, Architecture.Amd64));
        var menu = GrubMenu.Text(4, Architecture.Arm64);
        Assert.DoesNotContain("console=", menu);
        Assert.Contains("systemd.crash_reboot=yes\"", menu);
    }
}
