namespace KairosBoot.Plan.Tests;

public sealed class ProcessorArchitectureTests
{
    [Theory]
    [InlineData(0x202, "HdrS", 0x236, 1, "x86_64")]
    [InlineData(0x202, "HdrS", 0x236, 0, "i686")]
    [InlineData(0x38, "ARM\u0064", 0, 0, "aarch64")]
    [InlineData(0x38, "RSC\u0005", 0, 0, "riscv64")]
    [InlineData(0x80, "PE\0\0\u0064\u00AA", 0x3C, 0x80, "aarch64")]
    [InlineData(0x80, "PE\0\0\u0064\u0086", 0x3C, 0x80, "x86_64")]
    [InlineData(0x80, "PE\0\0\u0099\u0099", 0x3C, 0x80, null)]
    [InlineData(0x80, "", 0x3C, 0xFF, null)]
    public void A_kernel_is_known_by_its_header(int offset, string magic, int other, byte value, string? machine)
    {
        var head = new byte[ProcessorArchitecture.HeadBytes];
        "MZ"u8.CopyTo(head);
        if (other > 0) head[other] = value;
        System.Text.Encoding.Latin1.GetBytes(magic).CopyTo(head, offset);
        Assert.Equal(machine, ProcessorArchitecture.OfKernel(head));
        for (var cut = 0; cut < 64; cut++) ProcessorArchitecture.OfKernel(head.AsSpan(0, cut));
    }

    [Fact]
    public void A_program_has_an_architecture_and_a_script_has_none()
    {
        Assert.Equal("x86_64", ProcessorArchitecture.OfProgram([0x7F, .. "ELF"u8, 2, 1, 1, .. new byte[11], 62, 0]));
        Assert.Null(ProcessorArchitecture.OfProgram([0x7F, .. "ELF"u8, 2, 1, 1, .. new byte[11], 62]));
        Assert.Null(ProcessorArchitecture.OfProgram("#!/bin/sh and a long line after it"u8));
    }
}
