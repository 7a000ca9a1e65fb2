using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>UEFI firmware for QEMU (OVMF, AAVMF): the program, and its variables as they are on a new machine.</summary>
public sealed record UefiFirmware(string Code, string Variables)
{
    // Where distributions install it. Without Secure Boot: the GRUB on the disk is not signed.
    private static readonly UefiFirmware[] Places =
    [
        new("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"), // Debian, Ubuntu
        new("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"), // their older releases, Fedora
        new("/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"), // Arch
        new("/usr/share/qemu/ovmf-x86_64-4m-code.bin", "/usr/share/qemu/ovmf-x86_64-4m-vars.bin"), // openSUSE
    ];

    private static readonly UefiFirmware[] ArmPlaces =
    [
        new("/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd"), // Debian, Ubuntu
        new("/usr/share/edk2/aarch64/QEMU_EFI-pflash.raw", "/usr/share/edk2/aarch64/vars-template-pflash.raw"), // Fedora
    ];

    /// <exception cref="OperatorException">It is not installed.</exception>
    public static UefiFirmware Find(Architecture architecture) => FindIn("/", architecture);

    /// <summary>The same in a tree.</summary>
    /// <param name="root">Top directory of the system.</param>
    /// <param name="architecture">Of the virtual machine.</param>
    /// <exception cref="OperatorException">It is not installed.</exception>
    public static UefiFirmware FindIn(string root, Architecture architecture) =>
        PlacesFor(architecture).Select(place => new UefiFirmware(root.TrimEnd('/') + place.Code, root.TrimEnd('/') + place.Variables))
            .FirstOrDefault(place => File.Exists(place.Code) && File.Exists(place.Variables))
        ?? throw new OperatorException(
            $"UEFI firmware for virtual machines is not installed: {PlacesFor(architecture)[0].Code} does not exist",
            architecture == Architecture.Arm64 ? "apt-get install qemu-efi-aarch64, or start the machine with --direct"
                : "apt-get install ovmf, or start the machine without --uefi");

    private static UefiFirmware[] PlacesFor(Architecture architecture) => architecture == Architecture.Arm64 ? ArmPlaces : Places;
}
