using KairosBoot.Linux;

namespace KairosBoot.Image;

/// <summary>The name under which plans of the system-upgrade-controller start an upgrade, in Kairos as here: kboot's <c>upgrade-node</c>.</summary>
internal static class PlanEntryPoint
{
    private const string Name = "usr/sbin/suc-upgrade", Program = "usr/bin/kboot";

    /// <param name="additions">What the image gets already.</param>
    /// <param name="root">The tree; one with a program of that name keeps it.</param>
    internal static void Add(List<TreeAddition> additions, string root)
    {
        var directory = Path.GetDirectoryName(Name)!;
        var hasProgram = UntrustedTree.Has(root, Program) || additions.Exists(addition => addition.Path == Program);
        if (hasProgram && UntrustedTree.TryStat(root, Name, followLast: false) is null)
        {
            TreeDirectories.Add(root, directory, additions);
            additions.Add(new TreeAddition.Link(Name, "../bin/kboot"));
        }
    }
}
