using System.Buffers.Binary;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>A kernel file: whether a boot loader can start it, and what its header says.</summary>
/// <remarks>
/// Formats: Documentation/arch/x86/boot.rst, arch/arm64/booting.rst, arch/riscv/boot-image-header.rst, arch/arm/boot/compressed/head.S,
/// drivers/firmware/efi/libstub/zboot-header.S, and the section table of PE files, which all kernels with an EFI stub have.
/// </remarks>
public static class KernelImage
{
    /// <summary>So many bytes of the file are enough; the setup code of x86, with its version text, is shorter.</summary>
    public const int HeadBytes = 64 * 1024;

    private const int MaxReleaseBytes = 64; // __NEW_UTS_LEN of uname(2)

    // x86: offsets in the setup header
    private const int SetupSectors = 0x1F1, SystemSize = 0x1F4, Magic = 0x202, VersionText = 0x20E, Sector = 512, Paragraph = 16;

    private const int DefaultSetupSectors = 4;
    private const int Protocol = 0x206, PayloadProtocol = 0x208, PayloadOffset = 0x248, PayloadLength = 0x24C;

    private const long HeaderIncomplete = -1;

    private static ReadOnlySpan<byte> ArmMagic => [0x18, 0x28, 0x6F, 0x01];

    // PE: the file header follows the signature; a row of the section table has 40 bytes.
    private const int PeOffset = 0x3C, SectionCount = 6, OptionalHeaderSize = 20, AfterFileHeader = 24, SectionRow = 40, RawSize = 16,
        RawOffset = 20;

    /// <summary>Why no boot loader can start the file, as the end of a sentence that begins with its name; null: it can.</summary>
    /// <param name="head">The first <see cref="HeadBytes"/> bytes, or the whole file.</param>
    /// <param name="size">Size of the file in bytes.</param>
    public static string? Defect(ReadOnlySpan<byte> head, long size)
    {
        if (size == 0) return "is empty";
        if (head.StartsWith("\u007fELF"u8) && ProcessorArchitecture.OfProgram(head) is "x86_64" or "i686")
            return "is an uncompressed kernel (vmlinux), which GRUB cannot start";
        if (!IsKernel(head)) return "is not a kernel in a known format";
        return NeededSize(head) switch
        {
            > HeaderIncomplete and var needed when needed > size =>
                $"is truncated: its header describes {needed} bytes, but the file has {size}",
            HeaderIncomplete => "is truncated: its header is not complete",
            _ => null,
        };
    }

    /// <summary>The release in the header of an x86 kernel, as uname(2) gives it; null: the header does not say.</summary>
    public static string? Release(ReadOnlySpan<byte> head)
    {
        var start = Word(head, VersionText) + Sector;
        if (!IsBzImage(head) || start == Sector || start >= head.Length) return null;
        var text = head[start..Math.Min(head.Length, start + MaxReleaseBytes)];
        var end = text.IndexOfAny((byte)' ', (byte)0);
        return end > 0 && !text[..end].ContainsAnyExceptInRange((byte)'!', (byte)'~') ? Encoding.ASCII.GetString(text[..end]) : null;
    }

    /// <summary>Where the packed kernel is in the file; null: the whole file is the kernel, packed or not.</summary>
    public static (int Offset, int Length)? Payload(ReadOnlySpan<byte> file)
    {
        long offset, length;
        if (IsBzImage(file) && Word(file, Protocol) >= PayloadProtocol)
        {
            var setup = file[SetupSectors] == 0 ? DefaultSetupSectors : file[SetupSectors];
            (offset, length) = ((setup + 1) * Sector + Long(file, PayloadOffset), Long(file, PayloadLength));
        }
        else if (Has(file, 4, "zimg"u8))
        {
            (offset, length) = (Long(file, 8), Long(file, 12));
        }
        else
        {
            return null;
        }

        return offset + length <= file.Length ? ((int)offset, (int)length) : null;
    }

    /// <summary>The format in words: <c>bzImage</c>; null: not known.</summary>
    /// <param name="head">As for <see cref="Defect"/>.</param>
    public static string? Format(ReadOnlySpan<byte> head)
    {
        if (IsBzImage(head)) return "bzImage";
        if (Has(head, 0x38, "ARM\x64"u8)) return "arm64 Image";
        if (Has(head, 0x38, "RSC\x05"u8)) return "riscv Image";
        if (Has(head, 4, "zimg"u8)) return "EFI zboot";
        if (Has(head, 0x24, ArmMagic)) return "zImage";
        if (head.StartsWith("MZ"u8)) return "EFI program";
        if (head.StartsWith("\u007fELF"u8)) return "ELF";
        return head.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B, 0x08]) ? "gzip" : null;
    }

    private static bool IsBzImage(ReadOnlySpan<byte> head) => Has(head, Magic, "HdrS"u8);

    private static bool IsKernel(ReadOnlySpan<byte> head) =>
        IsBzImage(head) || Has(head, 0x38, "ARM\x64"u8) || Has(head, 0x38, "RSC\x05"u8) || Has(head, 4, "zimg"u8)
        || Has(head, 0x24, ArmMagic) || head.StartsWith("MZ"u8) || head.StartsWith("\u007fELF"u8)
        || head.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B, 0x08]); // gzip: GRUB unpacks it

    // The most that one of the headers describes.
    private static long NeededSize(ReadOnlySpan<byte> head)
    {
        long needed = 0;
        if (IsBzImage(head))
        {
            var setup = head[SetupSectors] == 0 ? DefaultSetupSectors : head[SetupSectors];
            // The last paragraph need not be complete.
            needed = Math.Max(needed, (setup + 1) * Sector + Long(head, SystemSize) * Paragraph - Paragraph + 1);
        }

        if (Has(head, 4, "zimg"u8))
        {
            if (head.Length < 16) return HeaderIncomplete;
            needed = Math.Max(needed, Long(head, 8) + Long(head, 12));
        }

        if (Has(head, 0x24, ArmMagic))
        {
            if (head.Length < 0x30) return HeaderIncomplete;
            needed = Math.Max(needed, Long(head, 0x2C) - Long(head, 0x28));
        }

        if (!head.StartsWith("MZ"u8)) return needed;
        return PeSize(head) is var sections && sections == HeaderIncomplete ? HeaderIncomplete : Math.Max(needed, sections);
    }

    private static long PeSize(ReadOnlySpan<byte> head)
    {
        if (head.Length < PeOffset + 4) return HeaderIncomplete;
        long header = Long(head, PeOffset), needed = 0, row = header + AfterFileHeader + Word(head, header + OptionalHeaderSize);
        if (!Has(head, header, "PE\0\0"u8) || row > head.Length) return HeaderIncomplete;
        for (var rows = Word(head, header + SectionCount); rows > 0; rows--, row += SectionRow)
        {
            if (row + SectionRow > head.Length) return HeaderIncomplete;
            needed = Math.Max(needed, Long(head, row + RawOffset) + Long(head, row + RawSize));
        }

        return needed;
    }

    private static bool Has(ReadOnlySpan<byte> head, long offset, ReadOnlySpan<byte> magic) =>
        offset + magic.Length <= head.Length && head[(int)offset..].StartsWith(magic);

    // 0 outside of the head
    private static int Word(ReadOnlySpan<byte> head, long offset) =>
        offset + 2 <= head.Length ? BinaryPrimitives.ReadUInt16LittleEndian(head[(int)offset..]) : 0;

    private static long Long(ReadOnlySpan<byte> head, long offset) =>
        offset + 4 <= head.Length ? BinaryPrimitives.ReadUInt32LittleEndian(head[(int)offset..]) : 0;
}
