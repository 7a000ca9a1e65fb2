using System.Buffers.Binary;
using System.Text;

namespace KairosBoot.Plan.Tests;

public class KernelImageTests
{
    // 1 + 2 sectors of setup, 100 paragraphs of code, the version text in the third sector.
    private static byte[] BzImage(string version)
    {
        var kernel = new byte[3 * 512 + 1600];
        kernel[0x1F1] = 2;
        BinaryPrimitives.WriteUInt32LittleEndian(kernel.AsSpan(0x1F4), 100);
        "HdrS"u8.CopyTo(kernel.AsSpan(0x202));
        BinaryPrimitives.WriteUInt16LittleEndian(kernel.AsSpan(0x20E), 0x210);
        kernel[0x236] = 1;
        Encoding.ASCII.GetBytes(version).CopyTo(kernel.AsSpan(0x410));
        return kernel;
    }

    // A header of 0x40 bytes, a PE header with one section that ends at byte 5000.
    private static byte[] Pe(params (int Offset, byte[] Bytes)[] more)
    {
        var kernel = new byte[5000];
        "MZ"u8.CopyTo(kernel);
        kernel[0x3C] = 0x80;
        "PE\0\0"u8.CopyTo(kernel.AsSpan(0x80));
        BinaryPrimitives.WriteUInt16LittleEndian(kernel.AsSpan(0x86), 1);
        BinaryPrimitives.WriteUInt16LittleEndian(kernel.AsSpan(0x94), 0x20);
        var row = kernel.AsSpan(0x80 + 24 + 0x20);
        BinaryPrimitives.WriteUInt32LittleEndian(row[16..], 4000);
        BinaryPrimitives.WriteUInt32LittleEndian(row[20..], 1000);
        foreach (var (offset, bytes) in more) bytes.CopyTo(kernel, offset);
        return kernel;
    }

    public static TheoryData<string, byte[]> Kernels => new()
    {
        { "x86", BzImage("6.1.0") },
        { "PE", Pe() },
        { "arm64", Pe((0x38, "ARM\x64"u8.ToArray())) },
        { "EFI zboot", Pe((4, "zimg"u8.ToArray()), (8, [0, 8, 0, 0]), (12, [0, 1, 0, 0])) },
        { "arm", [.. new byte[0x24], 0x18, 0x28, 0x6F, 0x01, 0, 0, 0, 0, 0, 2, 0, 0, .. new byte[0x1D0]] },
    };

    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_kernel_is_accepted_and_each_truncation_of_it_is_not(string format, byte[] kernel)
    {
        Assert.True(KernelImage.Defect(kernel, kernel.Length) is null, format);
        // The last paragraph of an x86 kernel need not be complete.
        for (var size = kernel.Length - 16; size >= 0; size--)
            Assert.True(KernelImage.Defect(kernel.AsSpan(0, size), size) is not null, $"{format} cut to {size} bytes");
    }

    [Fact]
    public void A_file_that_is_no_kernel_is_named_as_what_it_is()
    {
        Assert.Equal("is empty", KernelImage.Defect([], 0));
        Assert.Equal("is not a kernel in a known format", KernelImage.Defect(new byte[3000], 3000000));
        Assert.Equal("is not a kernel in a known format", KernelImage.Defect("the kernel"u8, 10));
        Assert.Equal("is an uncompressed kernel (vmlinux), which GRUB cannot start",
            KernelImage.Defect([0x7F, .. "ELF"u8, 2, 1, 1, .. new byte[11], 62, 0, .. new byte[44]], 64));
        Assert.Equal("is truncated: its header describes 3121 bytes, but the file has 3000", KernelImage.Defect(BzImage(""), 3000));
        Assert.Null(KernelImage.Defect([0x1F, 0x8B, 8, 0], 4));
    }

    [Fact]
    public void The_release_is_the_first_word_of_the_version_text()
    {
        Assert.Equal("6.1.0-56-cloud-amd64", KernelImage.Release(BzImage("6.1.0-56-cloud-amd64 (builder@host) #1 SMP")));
        Assert.Equal("6.1.0", KernelImage.Release(BzImage("6.1.0")));
        Assert.Null(KernelImage.Release(BzImage("")));
        Assert.Null(KernelImage.Release(BzImage("6.1\n.0 ")));
        Assert.Null(KernelImage.Release(BzImage(new string('6', 70))));
        Assert.Null(KernelImage.Release(BzImage("6.1.0").AsSpan(0, 0x300)));
        Assert.Null(KernelImage.Release(Pe()));
    }

    [Fact]
    public void No_header_makes_it_fail()
    {
        var random = new Random(1);
        foreach (var kernel in Kernels.Select(row => (byte[])row[1]))
        {
            for (var round = 0; round < 2000; round++)
            {
                var damaged = kernel.ToArray();
                for (var i = random.Next(1, 6); i > 0; i--) damaged[random.Next(Math.Min(damaged.Length, 0x400))] = (byte)random.Next(256);
                KernelImage.Defect(damaged, random.Next(damaged.Length));
                KernelImage.Release(damaged);
                ProgramInterpreter.Of([0x7F, .. "ELF"u8, (byte)random.Next(1, 3), 1, .. damaged.AsSpan(6)]);
            }
        }
    }

    [Theory]
    [InlineData("#!/bin/sh\necho", "/bin/sh")]
    [InlineData("#! \t/usr/bin/env python3\n", "/usr/bin/env")]
    [InlineData("#!/bin/sh", "/bin/sh")]
    [InlineData("echo", null)]
    public void The_interpreter_of_a_script_is_the_first_word(string script, string? interpreter) =>
        Assert.Equal(interpreter, ProgramInterpreter.Of(Encoding.UTF8.GetBytes(script)));
}
