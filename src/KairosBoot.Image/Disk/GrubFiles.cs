using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// The GRUB programs of a disk. An image contains them, so that a machine can install on another disk without GRUB's packages; a build host
/// builds them
/// from GRUB's packages.
/// </summary>
/// <param name="BootSector">The program of the first sector, for the MBR.</param>
/// <param name="BiosCore">For the BIOS boot partition.</param>
/// <param name="EfiProgram">For the ESP.</param>
internal sealed record GrubFiles(byte[] BootSector, byte[] BiosCore, byte[] EfiProgram)
{
    internal const string Directory = "usr/lib/kairosboot/grub";

    private const string BootSectorName = "boot.img", BiosName = "core.img", EfiName = "bootx64.efi";

    private static readonly string[] Names = [BootSectorName, BiosName, EfiName];

    /// <summary>Takes the programs of the running image, or builds them.</summary>
    /// <exception cref="OperatorException">Neither is possible; the message names the missing package.</exception>
    internal static GrubFiles Find(TemporaryDirectory scratch)
    {
        if (Names.All(name => File.Exists($"/{Directory}/{name}")))
            return new GrubFiles(Read(BootSectorName), Read(BiosName), Read(EfiName));
        var bootSector = GrubCore.ReadBootSector();
        return new GrubFiles(bootSector, HostFile.Read(GrubCore.Build(GrubCore.BiosTarget, scratch)),
            HostFile.Read(GrubCore.Build(GrubCore.EfiTarget, scratch)));
    }

    /// <summary>Adds the programs to a tree without them. Adds nothing on a build host without GRUB.</summary>
    internal static void Add(List<TreeAddition> additions, string root, TemporaryDirectory scratch)
    {
        if (UntrustedTree.Has(root, Directory) || !GrubCore.IsInstalled) return;
        var bootSector = scratch.File(BootSectorName);
        HostFile.Write(bootSector, GrubCore.ReadBootSector());
        TreeDirectories.Add(root, Directory, additions);
        additions.AddRange(
        [
            new TreeAddition.File($"{Directory}/{BootSectorName}", bootSector),
            new TreeAddition.File($"{Directory}/{BiosName}", GrubCore.Build(GrubCore.BiosTarget, scratch)),
            new TreeAddition.File($"{Directory}/{EfiName}", GrubCore.Build(GrubCore.EfiTarget, scratch)),
        ]);
    }

    private static byte[] Read(string name) => HostFile.Read($"/{Directory}/{name}");
}
