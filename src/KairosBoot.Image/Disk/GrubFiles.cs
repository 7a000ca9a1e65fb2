using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// GRUB as a disk gets it. An image carries it ready-made, so that a machine that runs the image can install it on another disk with nothing of
/// GRUB's own; a build host makes it of GRUB's packages.
/// </summary>
/// <param name="BootSector">The first sector's program, for the MBR.</param>
/// <param name="BiosCore">For the BIOS boot partition.</param>
/// <param name="EfiProgram">For the ESP.</param>
internal sealed record GrubFiles(byte[] BootSector, byte[] BiosCore, byte[] EfiProgram)
{
    internal const string Directory = "usr/lib/kairosboot/grub";

    private const string BootSectorName = "boot.img", BiosName = "core.img", EfiName = "bootx64.efi";

    private static readonly string[] Names = [BootSectorName, BiosName, EfiName];

    /// <summary>Those of the running image, else new ones.</summary>
    /// <exception cref="OperatorException">Neither are there: which package is missing.</exception>
    internal static GrubFiles Find(TemporaryDirectory scratch)
    {
        if (Names.All(name => File.Exists($"/{Directory}/{name}")))
            return new GrubFiles(Read(BootSectorName), Read(BiosName), Read(EfiName));
        var bootSector = GrubCore.ReadBootSector();
        return new GrubFiles(bootSector, File.ReadAllBytes(GrubCore.Build(GrubCore.BiosTarget, scratch)), File.ReadAllBytes(GrubCore.Build(GrubCore.EfiTarget, scratch)));
    }

    /// <summary>What an image of this tree gets, which has none: nothing on a build host without GRUB.</summary>
    internal static void Add(List<TreeAddition> additions, string root, TemporaryDirectory scratch)
    {
        if (UntrustedTree.Has(root, Directory) || !GrubCore.IsInstalled) return;
        var bootSector = scratch.File(BootSectorName);
        File.WriteAllBytes(bootSector, GrubCore.ReadBootSector());
        TreeDirectories.Add(root, Directory, additions);
        additions.AddRange(
        [
            new TreeAddition.File($"{Directory}/{BootSectorName}", bootSector),
            new TreeAddition.File($"{Directory}/{BiosName}", GrubCore.Build(GrubCore.BiosTarget, scratch)),
            new TreeAddition.File($"{Directory}/{EfiName}", GrubCore.Build(GrubCore.EfiTarget, scratch)),
        ]);
    }

    private static byte[] Read(string name) => File.ReadAllBytes($"/{Directory}/{name}");
}
