using KairosBoot.Execution;
using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>The image of an installation: a file, a new one from a tree or a container export, or the running image.</summary>
public sealed class InstallSource : IDisposable
{
    private readonly bool isTemporary;

    private InstallSource(string image, bool isTemporary)
    {
        Image = image;
        this.isTemporary = isTemporary;
    }

    public string Image { get; }

    /// <param name="image">A finished image, or null.</param>
    /// <param name="root">A tree, or null.</param>
    /// <param name="tar">A container export, or null.</param>
    /// <param name="kboot">As <see cref="ImageRequest.KBoot"/>.</param>
    /// <param name="progress">Gets the name of long work.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="OperatorException">No source is given, and the running system is not an image.</exception>
    public static InstallSource Open(
        string? image, string? root, string? tar, string? kboot, Action<string> progress, CancellationToken cancellationToken)
    {
        if (image is not null) return new(image, isTemporary: false);
        // The root of a running image is that image: its mounts are not part of it.
        var running = RunningImage.Find();
        if (tar is null && (root is null || Path.GetFullPath(root) == "/") && running is not null)
            return new(running, isTemporary: false);
        if (tar is null && root is null)
        {
            throw new OperatorException("no image to install: the running system is not an image",
                "give --image FILE, --root DIR or --tar FILE");
        }

        progress("building the image");
        var directory = Environment.GetEnvironmentVariable("TMPDIR") is { Length: > 0 } variable ? variable : "/var/tmp";
        var built = Path.Combine(directory, $"kairosboot-install.{Environment.ProcessId}.img");
        var request = new ImageRequest(root, tar, ImageFormat.Ext4, null, null, InitrdRequest.DefaultModules, null, kboot);
        ImageBuilder.Build(request, built, cancellationToken);
        return new(built, isTemporary: true);
    }

    public void Dispose()
    {
        if (isTemporary) Syscall.Unlink(Image);
    }
}
