using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Builds GRUB's programs for BIOS and UEFI, with all modules embedded: only grub.cfg is loaded from disk.</summary>
internal static class GrubCore
{
    internal const string BiosTarget = "i386-pc", EfiTarget = "x86_64-efi";

    private const string Library = "/usr/lib/grub", EfiPackage = "grub-efi-amd64-bin", BiosPackage = "grub-pc-bin";

    // One row for each purpose.
    private static readonly string[] Modules =
    [
        "part_gpt", // the disk
        "ext2", // COS_STATE, COS_RECOVERY, images
        "fat", // the EFI partition, for an operator at GRUB's prompt
        "squash4", "gzio", "xzio", "lzopio", // images
        "loopback", // files in images
        "normal", "configfile", "test", "true", "echo", "sleep", "regexp", "probe", "minicmd", "ls", "cat", // grub.cfg and its prompt
        "search", "search_label", "search_fs_uuid", "search_fs_file", // for an operator at the prompt
        "loadenv", // boot counters
        "linux", "reboot", "halt",
        "serial", "terminal",
    ];

    private static readonly string[] BiosModules =
    [
        "biosdisk",
        "multiboot", // only to unload a kernel whose initrd cannot be read
    ];

    private static readonly string[] EfiModules = ["efi_gop", "efi_uga"];

    /// <summary>Whether this host can build both programs.</summary>
    internal static bool IsInstalled =>
        Tool.MakeGrub.IsInstalled && File.Exists(PathOf(BiosTarget, "boot.img")) && File.Exists(PathOf(BiosTarget, "kernel.img"))
            && File.Exists(PathOf(EfiTarget, "kernel.img"));

    /// <summary>The program of the first sector, for the MBR.</summary>
    internal static byte[] ReadBootSector() => HostFile.Read(RequireFile(BiosTarget, "boot.img", BiosPackage));

    /// <param name="target">i386-pc or x86_64-efi.</param>
    /// <param name="scratch">Takes temporary files.</param>
    /// <returns>Path of the program.</returns>
    internal static string Build(string target, TemporaryDirectory scratch)
    {
        RequireFile(target, "kernel.img", target == EfiTarget ? EfiPackage : BiosPackage);
        var output = scratch.File($"core.{target}");
        var early = scratch.File("early.cfg");
        HostFile.Write(early, "set kairosboot_core=1\n" + (target == BiosTarget ? "set kairosboot_unload=1\n" : ""));
        Tool.MakeGrub.Run(
            new ToolArguments().Options("-O", target, "-d", Path.Combine(Library, target), "-p", $"(,gpt{DiskLayout.StateNumber})/grub")
                .Option("-c", early).Option("-o", output)
                .Options(Modules).Options(target == EfiTarget ? EfiModules : BiosModules), scratch.Interrupt);
        return output;
    }

    private static string RequireFile(string target, string name, string package)
    {
        var path = PathOf(target, name);
        return File.Exists(path) ? path
            : throw new OperatorException($"GRUB for {target} is not installed ({path} is missing)", $"apt-get install {package}");
    }

    private static string PathOf(string target, string name) => Path.Combine(Library, target, name);
}
