using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Builds a bootable OS image from a tree or a container export. The same input gives the same bytes.</summary>
public static class ImageBuilder
{
    /// <exception cref="OperatorException">The image would not boot, or a tool is missing.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled; temporary files are
    /// removed.</exception>
    public static BuiltImage Build(ImageRequest request, string output, CancellationToken cancellationToken = default)
    {
        BuiltImage? built = null;
        OutputFile.Write(output, temporary =>
        {
            using var scratch = new TemporaryDirectory(nextTo: output, cancellationToken);
            built = Build(request, temporary, scratch);
        });
        return built!;
    }

    /// <summary>Builds into a file. After an error, the caller removes the file.</summary>
    /// <param name="request">What to build.</param>
    /// <param name="file">The image; missing or empty.</param>
    /// <param name="scratch">Takes an unpacked archive.</param>
    internal static BuiltImage Build(ImageRequest request, string file, TemporaryDirectory scratch)
    {
        if (request.Tar is not null)
            return Build(request, TarExtraction.Extract(request.Tar, scratch.File("root"), scratch.Interrupt), file, scratch);
        if (!Directory.Exists(request.Root))
            throw new OperatorException($"{request.Root} is not a directory", "give --root the top directory of an unpacked system");
        using var root = OneFileSystem.Of(request.Root!);
        return Build(request, new SourceTree(root.Path, [], Disposable: false), file, scratch);
    }

    internal static BuiltImage Build(ImageRequest request, SourceTree tree, string file, TemporaryDirectory scratch)
    {
        var warnings = TreeLint.RequireBuildable(tree.Path, request.Kernel);
        var additions = BootFiles.Missing(request, tree.Path, scratch);
        var machine = new BootKernel(tree.Path, request.Kernel).Machine;
        SystemUnits.Add(additions, tree.Path, request.KBoot, machine, scratch);
        UpdateStamps.Add(additions, tree.Path, scratch);
        if (request.WithoutAssessment) AssessmentMark.Add(additions, tree.Path, scratch);
        PlanEntryPoint.Add(additions, tree.Path);
        GrubFiles.Add(additions, tree.Path, Architecture.Find(machine), request.Grub, scratch);
        if (ReporterCheck.WarnOfBuild(tree.Path, additions) is { } warning) warnings.Add(warning);
        switch (request.Format)
        {
            case ImageFormat.Ext4: Ext4Image.Build(file, tree, additions, scratch, request.SizeBytes, request.Allocate); break;
            case ImageFormat.Squashfs: SquashfsImage.Build(file, tree, additions, scratch); break;
            case ImageFormat.Erofs: ErofsImage.Build(file, tree, additions, scratch); break;
        }

        SealedImage.Seal(file, scratch.Interrupt);
        return new BuiltImage(HostFile.Size(file), SealedImage.Id(file), additions.Select(Describe).ToList())
        {
            Warnings = warnings,
        };
    }

    private static string Describe(TreeAddition addition) => addition switch
    {
        TreeAddition.Link link => $"/{link.Path} -> {link.Target}",
        TreeAddition.Directory directory => $"/{directory.Path}/",
        _ => $"/{addition.Path}",
    };
}
