using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// The program name that plans of the system-upgrade-controller start, as in Kairos: a link to kboot, for <c>upgrade-node</c>.
/// </summary>
internal static class PlanEntryPoint
{
    private const string Name = "usr/sbin/suc-upgrade", Program = "usr/bin/kboot";

    /// <param name="additions">Additions so far; the link is appended.</param>
    /// <param name="root">The tree. A program with that name in the tree is kept.</param>
    internal static void Add(List<TreeAddition> additions, string root)
    {
        var directory = PathParts.ParentOf(Name);
        var hasProgram = UntrustedTree.Has(root, Program) || additions.Exists(addition => addition.Path == Program);
        if (hasProgram && UntrustedTree.TryStat(root, Name, followLast: false) is null)
        {
            TreeDirectories.Add(root, directory, additions);
            additions.Add(new TreeAddition.Link(Name, "../bin/kboot"));
        }
    }
}
