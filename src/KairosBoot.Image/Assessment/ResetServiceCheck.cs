using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Whether a recovery image has a service that does a requested reset.</summary>
public static class ResetServiceCheck
{
    private const string Command = "kboot reset --requested";

    // With sysvinit, an entry in inittab.d starts the script. An inittab, or an init that is a script, may have the command itself.
    private static readonly string[] Texts = ["/usr/lib/kairosboot/cos-setup", ReporterPlaces.InitTab, ReporterPlaces.Init];

    /// <summary>Searches an image file, which is mounted read-only. No other process sees the mount.</summary>
    /// <exception cref="OperatorException">It cannot be mounted.</exception>
    public static bool IsIn(string image)
    {
        using var mounted = MountedImage.Open(image, GrubReadable.Check(image));
        return IsInTree(mounted.Path);
    }

    /// <param name="root">Top directory of a tree.</param>
    public static bool IsInTree(string root) => SystemUnits.HasResetService(root) || Texts.Any(path => HasCommand(root, path));

    private static bool HasCommand(string root, string path) =>
        UntrustedTree.TryStat(root, path) is { Type: FileType.Regular } status && status.Size <= ReadLimit.SystemFile.Bytes
        && UntrustedTree.TryRead(root, path, ReadLimit.SystemFile).AsSpan().IndexOf(Encoding.ASCII.GetBytes(Command)) >= 0;
}
