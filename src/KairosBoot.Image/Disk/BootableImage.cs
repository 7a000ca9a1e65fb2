using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// Checks without a mount that GRUB can boot an image: it can read the file system, and kernel and initrd are inside.
/// </summary>
public static class BootableImage
{
    // As initrd/grub/grub.cfg names them.
    private static readonly string[] LoadedFiles = ["/boot/vmlinuz", "/boot/initrd"];

    /// <summary>The file system of the image: <c>ext4</c> or <c>squashfs</c>.</summary>
    /// <exception cref="OperatorException">GRUB cannot read it, or finds no kernel or initrd in it.</exception>
    public static string Check(string image, CancellationToken cancellationToken)
    {
        var fileSystem = GrubReadable.Check(image);
        foreach (var path in LoadedFiles)
        {
            if (Defect(image, fileSystem, path, cancellationToken) is { } defect)
            {
                throw new OperatorException(
                    $"{image} cannot boot: its {path} {defect}",
                    "build the image with kboot image build, which adds both, or make /boot/vmlinuz and /boot/initrd links to the " +
                    "kernel and the initrd");
            }
        }

        return fileSystem;
    }

    private static string? Defect(string image, string fileSystem, string path, CancellationToken cancellationToken)
    {
        // GRUB follows links inside the image, absolute ones too.
        ImageFile? file = null, named = null;
        var resolved = RootedPath.Follow(path, inside =>
        {
            file = ImageFile.Find(image, fileSystem, inside, cancellationToken);
            named = "/" + inside == path ? file : named;
            return (file is not null, file?.LinkTarget);
        });
        return (resolved, file) switch
        {
            (null, _) => named is null ? "is missing" : $"is a dangling link (to {named.LinkTarget})",
            (_, { Type: not FileType.Regular }) => "is not a regular file",
            (_, { Size: 0 }) => "is empty",
            _ => null,
        };
    }
}
