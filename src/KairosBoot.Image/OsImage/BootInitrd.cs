using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Checks that the initrd of a tree is whole and belongs to the tree's kernel.</summary>
internal static class BootInitrd
{
    internal const string Path = "/boot/initrd";

    private const string Build = "run kboot initrd build --root ROOT --output ROOT/boot/initrd",
        Repack = Build + ", or remove it: kboot image build then adds one";

    private static readonly string[] Disks = ["virtio_blk", "sd_mod", "nvme", "mmc_block", "xen_blkfront"];

    /// <param name="root">The tree.</param>
    /// <param name="kernel">Its kernel; null: it has none.</param>
    /// <exception cref="OperatorException">The file cannot be read as an initrd.</exception>
    internal static IEnumerable<TreeFinding> Findings(string root, BootKernel? kernel)
    {
        if (UntrustedTree.TryRead(root, Path, ReadLimit.Initrd) is not { } file)
        {
            yield return new($"the tree has no {Path} for the boot loader", Build + ", or build the image with kboot image build",
                FindingKind.Missing);
            yield break;
        }

        var contents = InitrdContents.Parse(file, root + Path);
        if (contents.Release is not { } packed)
        {
            yield return Error($"{Path} has no modules.index, so it was not built for kairos-boot");
            yield break;
        }

        if (KernelRelease.TryParse(packed) is { } release && KernelUnpacking.Of(root, release, unpacksKernel: false)
            .Problem(InitrdCompressionWords.Parse(contents.Compression)) is { } unpacking)
        {
            yield return Error($"{Path} is compressed with {contents.Compression}: {unpacking}");
        }

        if (!UntrustedTree.Has(root, $"/usr/lib/modules/{packed}") && !UntrustedTree.Has(root, $"/lib/modules/{packed}"))
            yield return Error($"{Path} is for the kernel {packed}, but the tree has no modules for it");
        if (kernel?.Release is { } booted && booted != packed)
            yield return Error($"{Path} is for the kernel {packed}, but {BootKernel.Path} is {booted}");
        if (InitProblem(contents, kernel?.Machine) is { } problem) yield return Error(problem);
        if (contents.HasDebugShell)
        {
            yield return new($"{Path} has a shell that kairosboot.shell=always opens without a password",
                "build it without --debug-shell, unless these machines are for debugging only", FindingKind.Warning);
        }

        bool Lacks(string driver) => !contents.DriversIn.Concat(contents.DriversBuiltIn).Any(name => name.Replace('-', '_') == driver);
        if (Array.TrueForAll(Disks, Lacks)) yield return Error($"{Path} has no disk driver: none of {string.Join(", ", Disks)}");
    }

    /// <summary>Why <c>kboot initrd build</c> could not make a missing initrd, as an exception; else empty.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="release">Release of the kernel; null: the tree has only one.</param>
    /// <exception cref="OperatorException">The modules cannot be read, or kairos-boot does not exist.</exception>
    internal static IEnumerable<TreeFinding> CannotBeBuilt(string root, string? release)
    {
        var kernel = KernelTree.Find(root, release);
        kernel.ReadGraph();
        InitProgram.Require(root, InitrdMachine.OfTree(root, kernel));
        return [];
    }

    private static string? InitProblem(InitrdContents contents, string? machine)
    {
        if (contents.Init is not { } init) return $"{Path} has no /init";
        if (ProcessorArchitecture.OfProgram(init.Span) is { } own && machine is not null && own != machine)
            return $"{Path} of the tree is for {own}, but its {BootKernel.Path} is for {machine}";
        return InitrdFormat.Problem(init.Span) is { } old ? $"{Path} is too old: {old}" : null;
    }

    private static TreeFinding Error(string problem) => new(problem, Repack, FindingKind.Error);
}
