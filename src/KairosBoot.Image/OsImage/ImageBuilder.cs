using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Makes a bootable OS image of a tree or a container export. Same input, same bytes.</summary>
public static class ImageBuilder
{
    /// <exception cref="OperatorException">The input cannot become an image that boots, or a tool is missing.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="interrupt"/> came; nothing is left behind.</exception>
    public static BuiltImage Build(ImageRequest request, string output, CancellationToken interrupt = default)
    {
        BuiltImage? built = null;
        AtomicFile.Write(output, temporary =>
        {
            using var scratch = new TemporaryDirectory(beside: output, interrupt);
            if (request.Tar is null && !Directory.Exists(request.Root))
            {
                throw new OperatorException($"{request.Root} is not a directory", "give --root the top directory of an unpacked system");
            }

            using var given = request.Tar is null ? OneFileSystem.Of(request.Root!, scratch) : null;
            var tree = given is null ? TarExtraction.Extract(request.Tar!, scratch.File("root"), interrupt) : new SourceTree(given.Path, [], Disposable: false);
            TreeCheck.Check(tree.Path);
            var additions = BootFiles.Missing(request, tree.Path, scratch);
            SystemUnits.Add(additions, tree.Path, request.KBoot, scratch);
            GrubFiles.Add(additions, tree.Path, scratch);
            switch (request.Format)
            {
                case ImageFormat.Ext4: Ext4Image.Build(temporary, tree, additions, scratch, request.SizeBytes); break;
                case ImageFormat.Squashfs: SquashfsImage.Build(temporary, tree, additions, scratch); break;
                case ImageFormat.Erofs: ErofsImage.Build(temporary, tree, additions, scratch); break;
            }

            SealedImage.Seal(temporary, interrupt);
            built = new BuiltImage(new FileInfo(temporary).Length, SealedImage.Id(temporary), additions.Select(Describe).ToList());
        });
        return built!;
    }

    private static string Describe(TreeAddition addition) => addition switch
    {
        TreeAddition.Link link => $"/{link.Path} -> {link.Target}",
        TreeAddition.Directory directory => $"/{directory.Path}/",
        _ => $"/{addition.Path}",
    };
}
