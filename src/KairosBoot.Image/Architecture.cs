using System.IO.Compression;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// What differs between the processor architectures that a system can be built for. It is always that of the system's kernel, not that of
/// the build host. <see cref="ProcessorArchitecture"/> has the numbers in ELF and PE headers and the magic numbers of kernels.
/// </summary>
public sealed record Architecture
{
    // A kernel's header is at its start. One block of deflate describes its codes in less than this before the first byte follows.
    private const int UnpackedHead = ProcessorArchitecture.HeadBytes;

    private static ReadOnlySpan<byte> Gzip => [0x1F, 0x8B, 0x08];

    public static readonly Architecture Amd64 = new()
    {
        Machine = "x86_64", Name = "amd64", EfiFile = "BOOTX64.EFI", Consoles = "console=tty1 console=ttyS0",
        Efi = new("x86_64-efi", "grub-efi-amd64-bin", ["efi_gop", "efi_uga"]),
        // multiboot: only to unload a kernel whose initrd cannot be read
        Bios = new("i386-pc", "grub-pc-bin", ["biosdisk", "multiboot"]),
    };

    public static readonly Architecture Arm64 = new()
    {
        Machine = "aarch64", Name = "arm64", EfiFile = "BOOTAA64.EFI", ModuleSet = "arm64",
        Efi = new("arm64-efi", "grub-efi-arm64-bin", ["efi_gop"]),
        // Firmware names the console: SPCR of ACPI, or stdout-path of the device tree. The kernel ignores both if one is given.
        Consoles = "",
    };

    public static readonly IReadOnlyList<Architecture> All = [Amd64, Arm64];

    /// <summary>As uname(2) gives it: <c>aarch64</c>.</summary>
    public required string Machine { get; init; }

    /// <summary>In Debian's words: <c>arm64</c>. The directory of its programs in out/.</summary>
    public required string Name { get; init; }

    /// <summary>GRUB's program for UEFI firmware.</summary>
    public required GrubTarget Efi { get; init; }

    /// <summary>GRUB's program for a BIOS; null: no machine of the architecture has one.</summary>
    public GrubTarget? Bios { get; init; }

    /// <summary>The file in EFI/BOOT that firmware starts from any disk (UEFI specification, 3.5.1.1).</summary>
    public required string EfiFile { get; init; }

    /// <summary>Kernel arguments of each boot that choose the consoles; empty: the kernel chooses.</summary>
    public required string Consoles { get; init; }

    /// <summary>The modules that an initrd for any machine needs in addition; null: none.</summary>
    public string? ModuleSet { get; init; }

    /// <summary>Null: not known, or no system can be built for it.</summary>
    /// <param name="machine">As uname(2) gives it.</param>
    public static Architecture? Find(string? machine) => All.FirstOrDefault(architecture => architecture.Machine == machine);

    /// <summary>Architecture of a kernel in uname's words; null: the file does not say.</summary>
    /// <param name="head">The first <see cref="KernelImage.HeadBytes"/> bytes, or the whole file.</param>
    public static string? MachineOfKernel(ReadOnlySpan<byte> head) =>
        ProcessorArchitecture.OfKernel(head.StartsWith(Gzip) ? UnpackHead(head) : head);

    /// <summary>Architecture of a kernel in a tree, in uname's words; null: the file does not exist or does not say.</summary>
    internal static string? MachineOfKernel(string root, string path) =>
        MachineOfKernel(UntrustedTree.Head(root, path, KernelImage.HeadBytes));

    private static ReadOnlySpan<byte> UnpackHead(ReadOnlySpan<byte> head)
    {
        var unpacked = new byte[UnpackedHead];
        var length = 0;
        try
        {
            using var stream = new GZipStream(new MemoryStream(head.ToArray()), CompressionMode.Decompress);
            while (length < unpacked.Length && stream.Read(unpacked, length, unpacked.Length - length) is var read and > 0) length += read;
        }
        catch (InvalidDataException)
        {
            // Damaged, or cut at the end of the head. What came before is enough, or the file does not say.
        }

        return unpacked.AsSpan(0, length);
    }
}
