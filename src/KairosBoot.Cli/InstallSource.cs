using KairosBoot.Execution;
using KairosBoot.Image;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary>The image that an installation puts on the disk: a file, one made of a tree or an export, or the one that runs.</summary>
internal sealed class InstallSource : IDisposable
{
    private readonly bool isOwn;

    private InstallSource(string image, bool isOwn)
    {
        Image = image;
        this.isOwn = isOwn;
    }

    internal string Image { get; }

    /// <exception cref="OperatorException">None was given, and none runs here.</exception>
    internal static InstallSource Open(string? image, string? root, string? tar, Action<string> progress, CancellationToken cancellationToken)
    {
        if (image is not null) return new(image, isOwn: false);

        // The root of a running image is that image: its mounts are not part of it.
        var running = RunningImage.Find();
        if (tar is null && (root is null || Path.GetFullPath(root) == "/") && running is not null)
            return new(running, isOwn: false);
        if (tar is null && root is null)
            throw new OperatorException("no image to install: the running system is not an image", "give --image FILE, --root DIR or --tar FILE");
        progress("building the image");
        var work = Environment.GetEnvironmentVariable("TMPDIR") is { Length: > 0 } given ? given : "/var/tmp";
        var made = Path.Combine(work, $"kairosboot-install.{Environment.ProcessId}.img");
        ImageBuilder.Build(new ImageRequest(root, tar, ImageFormat.Ext4, null, null, InitrdRequest.DefaultModules, null, ImageBuildCommand.Program()), made, cancellationToken);
        return new(made, isOwn: true);
    }

    public void Dispose()
    {
        if (isOwn) File.Delete(Image);
    }
}
