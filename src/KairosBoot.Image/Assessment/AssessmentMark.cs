using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>The mark of an image whose boots kairos-boot marks good when it starts init.</summary>
internal static class AssessmentMark
{
    private const string Text = "kairos-boot marks each boot of this image good when it starts init (kboot image build --no-assessment).\n";

    /// <param name="additions">Additions so far; the mark is appended.</param>
    /// <param name="root">The tree. Its own mark is kept.</param>
    /// <param name="scratch">Takes the file.</param>
    internal static void Add(List<TreeAddition> additions, string root, TemporaryDirectory scratch)
    {
        var path = SystemPaths.Unassessed.TrimStart('/');
        if (UntrustedTree.TryStat(root, path, followLast: false) is not null) return;
        var file = scratch.File("no-assessment");
        HostFile.Write(file, Text);
        TreeDirectories.Add(root, PathParts.ParentOf(path), additions);
        additions.Add(new TreeAddition.File(path, file));
    }
}
