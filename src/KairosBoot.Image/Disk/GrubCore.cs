using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Builds GRUB's programs for BIOS and UEFI, with all modules embedded: only grub.cfg is loaded from disk.</summary>
internal static class GrubCore
{
    /// <summary>Where distributions install GRUB's modules.</summary>
    internal const string Library = "/usr/lib/grub";

    private const string BootSector = "boot.img", Kernel = "kernel.img";

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

    /// <summary>Whether this host can build the programs of an architecture.</summary>
    /// <param name="architecture">Of the system.</param>
    /// <param name="library">Directory with GRUB's modules.</param>
    internal static bool IsInstalled(Architecture architecture, string library) =>
        Tool.MakeGrub.IsInstalled && File.Exists(PathOf(library, architecture.Efi, Kernel))
            && (architecture.Bios is not { } bios
                || File.Exists(PathOf(library, bios, BootSector)) && File.Exists(PathOf(library, bios, Kernel)));

    /// <summary>The program of the first sector, for the MBR.</summary>
    internal static byte[] ReadBootSector(GrubTarget target, string library) => HostFile.Read(RequireFile(library, target, BootSector));

    /// <param name="target">What to build.</param>
    /// <param name="library">Directory with GRUB's modules.</param>
    /// <param name="scratch">Takes temporary files.</param>
    /// <returns>Path of the program.</returns>
    internal static string Build(GrubTarget target, string library, TemporaryDirectory scratch)
    {
        RequireFile(library, target, Kernel);
        var output = scratch.File($"core.{target.Name}");
        var early = scratch.File("early.cfg");
        var unloads = target.Modules.Contains("multiboot");
        HostFile.Write(early, "set kairosboot_core=1\n" + (unloads ? "set kairosboot_unload=1\n" : ""));
        Tool.MakeGrub.Run(
            new ToolArguments().Option("-O", target.Name).Option("-d", Path.Combine(library, target.Name))
                .Options("-p", $"(,gpt{DiskLayout.StateNumber})/grub").Option("-c", early).Option("-o", output)
                .Options(Modules).Options([.. target.Modules]), scratch.Interrupt);
        return output;
    }

    private static string RequireFile(string library, GrubTarget target, string name)
    {
        var path = PathOf(library, target, name);
        return File.Exists(path) ? path
            : throw new OperatorException($"GRUB for {target.Name} is not installed ({path} is missing)",
                $"apt-get install {target.Package}, or give --grub the directory of {target.Name} in the unpacked package to kboot image " +
                "build: the disk gets GRUB from the image then");
    }

    private static string PathOf(string library, GrubTarget target, string name) => Path.Combine(library, target.Name, name);
}
