using System.Buffers.Binary;

namespace KairosBoot.Plan;

/// <summary>Recognises the processor architecture of a kernel or a program, in the words of uname(2): <c>x86_64</c>.</summary>
public static class ProcessorArchitecture
{
    /// <summary>So many bytes of a file decide.</summary>
    public const int HeadBytes = 1024;

    private const int CoffMachine = 4;

    // e_machine, elf(5)
    private static readonly (int Number, string Machine)[] Elf =
        [(3, "i686"), (40, "armv7l"), (62, "x86_64"), (183, "aarch64"), (243, "riscv64")];

    // The PE format, IMAGE_FILE_MACHINE: kernels that EFI starts (CONFIG_EFI_ZBOOT) have no other header.
    private static readonly (int Number, string Machine)[] Pe =
        [(0x14C, "i686"), (0x1C2, "armv7l"), (0x8664, "x86_64"), (0xAA64, "aarch64"), (0x5064, "riscv64")];

    /// <summary>Null: not an ELF file, or of a machine that is not known here.</summary>
    public static string? OfProgram(ReadOnlySpan<byte> head) =>
        // EI_CLASS 1 or 2, EI_DATA 1: little endian
        head.Length >= 20 && head.StartsWith("\u007fELF"u8) && head[4] is 1 or 2 && head[5] == 1
            ? NameOf(Elf, BinaryPrimitives.ReadUInt16LittleEndian(head[18..])) : null;

    /// <summary>Null: the format does not say.</summary>
    // Documentation/arch/x86/boot.rst, Documentation/arch/arm64/booting.rst, Documentation/arch/riscv/boot-image-header.rst
    public static string? OfKernel(ReadOnlySpan<byte> head)
    {
        // xloadflags, bit 0: the kernel has a 64-bit entry point.
        if (Has(head, 0x202, "HdrS"u8) && head.Length > 0x236) return (head[0x236] & 1) != 0 ? "x86_64" : "i686";
        if (Has(head, 0x38, "ARM\x64"u8)) return "aarch64";
        if (Has(head, 0x38, "RSC\x05"u8)) return "riscv64";
        if (!head.StartsWith("MZ"u8) || head.Length < 0x40) return OfProgram(head);
        var header = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(head[0x3C..]), HeadBytes);
        return Has(head, header, "PE\0\0"u8) && head.Length >= header + CoffMachine + 2
            ? NameOf(Pe, BinaryPrimitives.ReadUInt16LittleEndian(head[(header + CoffMachine)..])) : null;
    }

    private static bool Has(ReadOnlySpan<byte> head, int offset, ReadOnlySpan<byte> magic) =>
        head.Length >= offset + magic.Length && head[offset..].StartsWith(magic);

    private static string? NameOf((int Number, string Machine)[] table, int number)
    {
        foreach (var row in table)
            if (row.Number == number) return row.Machine;
        return null;
    }
}
