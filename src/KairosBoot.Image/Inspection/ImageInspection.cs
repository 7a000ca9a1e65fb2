using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// What an OS image holds, for <c>kboot image inspect</c>. All text is as in the image: it must be cleaned before it is printed.
/// </summary>
public sealed record ImageInspection
{
    /// <summary><c>ext2</c>, <c>ext3</c>, <c>ext4</c>, <c>squashfs</c> or <c>erofs</c>.</summary>
    public required string FileSystem { get; init; }

    public required long SizeBytes { get; init; }

    /// <summary>As <c>kboot status</c> shows it.</summary>
    public required string Id { get; init; }

    /// <summary>Fields of os-release(5) in their order; empty: it has none.</summary>
    public required IReadOnlyList<(string Name, string Value)> OsRelease { get; init; }

    /// <summary>Null: it has no kernel.</summary>
    public required InspectedKernel? Kernel { get; init; }

    /// <summary>Null: it has no initrd that can be read.</summary>
    public required InitrdContents? Initrd { get; init; }

    /// <summary>Why the initrd cannot be read; null: it can.</summary>
    public required string? InitrdProblem { get; init; }

    /// <summary>The file that <c>/sbin/init</c> leads to; null: it has none.</summary>
    public required string? Init { get; init; }

    /// <summary>Its own kernel arguments; empty: none.</summary>
    public required string KernelArguments { get; init; }

    /// <summary>Units and services that an image build adds, with their paths. False: the image has a file with other content.</summary>
    public required IReadOnlyList<(string Path, bool IsAsBuilt)> Units { get; init; }

    /// <summary>What marks its boots good; null: nothing, or the image was not mounted.</summary>
    public required GoodReporter? Reporter { get; init; }

    /// <summary>Null: it has none.</summary>
    public required ImageSeal? Seal { get; init; }

    /// <summary>False: the content is not what the seal says.</summary>
    public required bool MatchesSeal { get; init; }

    /// <param name="image">The file.</param>
    /// <param name="mayMount">True: root mounts the image. False: only tools read it, so that no driver of the kernel does.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="OperatorException">It is not an OS image, or this user cannot read it.</exception>
    public static ImageInspection Of(string image, bool mayMount, CancellationToken cancellationToken)
    {
        if (!File.Exists(image)) throw new OperatorException($"the image {image} does not exist", "give the path of an OS image");
        using var scratch = ScratchDirectory.Create("kboot-inspect", cancellationToken);
        using var reader = ImageReader.Open(image, scratch, mayMount);
        var seal = SealedImage.Read(image);
        var (initrd, problem) = ReadInitrd(reader);
        var arguments = reader.Read(SystemPaths.ImageArguments, ReadLimit.KernelArguments);
        return new ImageInspection
        {
            FileSystem = FileSystemName(image), SizeBytes = HostFile.Size(image), Id = SealedImage.Id(image),
            OsRelease = ReadOsRelease(reader), Kernel = InspectedKernel.Find(reader), Initrd = initrd, InitrdProblem = problem,
            Init = reader.Resolve("/sbin/init"),
            KernelArguments = (arguments is null ? null : EnvironmentBlock.TryParse(arguments)?[ImageArguments.Variable]) ?? "",
            Units = [.. ReadUnits(reader)],
            Reporter = reader.MountedPath is { } mounted ? ReporterCheck.Find(mounted, []) : null,
            Seal = seal,
            MatchesSeal = seal is not null && SealedImage.Digest(image, seal.Size, (_, _, _) => { }, cancellationToken) == seal.Sha256,
        };
    }

    private static string FileSystemName(string image)
    {
        using var file = ImageIdentity.Open(image);
        return BlockProbe.Superblock(file)!.Type;
    }

    private static IReadOnlyList<(string Name, string Value)> ReadOsRelease(ImageReader reader)
    {
        var file = reader.Read("/etc/os-release", ReadLimit.SystemText) ?? reader.Read("/usr/lib/os-release", ReadLimit.SystemText);
        return file is null ? [] : [.. EnvFile.Parse(Encoding.UTF8.GetString(file)).Values.Select(field => (field.Key, field.Value))];
    }

    private static (InitrdContents? Contents, string? Problem) ReadInitrd(ImageReader reader)
    {
        try
        {
            return reader.Read(BootInitrd.Path, ReadLimit.Initrd) is { } file ? (InitrdContents.Parse(file, BootInitrd.Path), null)
                : (null, $"the image has no {BootInitrd.Path}");
        }
        catch (OperatorException damage) { return (null, damage.Problem); }
    }

    private static IEnumerable<(string Path, bool IsAsBuilt)> ReadUnits(ImageReader reader)
    {
        foreach (var (path, text) in SystemUnits.All)
        {
            if (reader.LinkTarget(path) is not null) yield return (path, false);
            else if (reader.Read(path, ReadLimit.SystemText) is { } content)
                yield return (path, Encoding.UTF8.GetString(content) == text);
        }
    }
}
