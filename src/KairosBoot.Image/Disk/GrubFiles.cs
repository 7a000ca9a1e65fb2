using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// The GRUB programs of a disk. An image contains them, so that a machine can install on another disk without GRUB's packages; a build host
/// builds them from GRUB's packages.
/// </summary>
/// <param name="Bios">The programs for a BIOS; null: the architecture has none.</param>
/// <param name="EfiProgram">For the ESP.</param>
internal sealed record GrubFiles(BiosGrub? Bios, byte[] EfiProgram)
{
    internal const string Directory = "usr/lib/kairosboot/grub";

    private const string BootSectorName = "boot.img", BiosName = "core.img";

    /// <summary>Takes the programs of the running image, or builds them, or takes those of the image for the disk.</summary>
    /// <param name="architecture">Of the image.</param>
    /// <param name="image">The image for the disk.</param>
    /// <param name="scratch">Takes temporary files.</param>
    /// <exception cref="OperatorException">None of it is possible; the message names the missing package.</exception>
    internal static GrubFiles Find(Architecture architecture, ImageReader image, TemporaryDirectory scratch) =>
        TryRead(architecture, name => BoundedFile.TryRead($"/{Directory}/{name}", ReadLimit.SystemFile))
        ?? (GrubCore.IsInstalled(architecture, GrubCore.Library) ? null
            : TryRead(architecture, name => image.Read($"/{Directory}/{name}", ReadLimit.SystemFile)))
        ?? Build(architecture, scratch);

    /// <summary>Adds the programs to a tree without them. Adds nothing on a build host without GRUB.</summary>
    /// <param name="additions">Additions so far; the programs are appended.</param>
    /// <param name="root">The tree.</param>
    /// <param name="architecture">Of the tree; null: none that has GRUB here.</param>
    /// <param name="library">Directory with GRUB's modules, which must exist; null: the usual one, if it exists.</param>
    /// <param name="scratch">Takes temporary files.</param>
    internal static void Add(List<TreeAddition> additions, string root, Architecture? architecture, string? library,
        TemporaryDirectory scratch)
    {
        if (architecture is null || UntrustedTree.Has(root, Directory)) return;
        if (library is null && !GrubCore.IsInstalled(architecture, GrubCore.Library)) return;
        library ??= GrubCore.Library;
        TreeDirectories.Add(root, Directory, additions);
        void AddFile(string name, string file) => additions.Add(new TreeAddition.File($"{Directory}/{name}", file));
        if (architecture.Bios is { } bios)
        {
            var bootSector = scratch.File(BootSectorName);
            HostFile.Write(bootSector, GrubCore.ReadBootSector(bios, library));
            AddFile(BootSectorName, bootSector);
            AddFile(BiosName, GrubCore.Build(bios, library, scratch));
        }

        AddFile(EfiName(architecture), GrubCore.Build(architecture.Efi, library, scratch));
    }

    // The name says for which architecture the programs are: that of the file on the ESP.
    private static string EfiName(Architecture architecture) => architecture.EfiFile.ToLowerInvariant();

    private static GrubFiles Build(Architecture architecture, TemporaryDirectory scratch)
    {
        BiosGrub? programs = null;
        if (architecture.Bios is { } bios)
        {
            programs = new(GrubCore.ReadBootSector(bios, GrubCore.Library),
                HostFile.Read(GrubCore.Build(bios, GrubCore.Library, scratch)));
        }

        return new(programs, HostFile.Read(GrubCore.Build(architecture.Efi, GrubCore.Library, scratch)));
    }

    private static GrubFiles? TryRead(Architecture architecture, Func<string, byte[]?> read)
    {
        if (read(EfiName(architecture)) is not { } efi) return null;
        if (architecture.Bios is null) return new(null, efi);
        return read(BootSectorName) is { } sector && read(BiosName) is { } core ? new(new(sector, core), efi) : null;
    }
}
