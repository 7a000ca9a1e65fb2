using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Adds the directories that additions need.</summary>
internal static class TreeDirectories
{
    private const int Mode = Octal.O755;

    /// <summary>Adds a directory and its parents, if neither the tree nor an earlier addition has them.</summary>
    internal static void Add(string root, string path, List<TreeAddition> additions)
    {
        foreach (var directory in PathParts.PrefixesOf(path))
        {
            if (!UntrustedTree.Has(root, directory) && !additions.Exists(addition => addition.Path == directory))
                additions.Add(new TreeAddition.Directory(directory, Mode));
        }
    }
}
