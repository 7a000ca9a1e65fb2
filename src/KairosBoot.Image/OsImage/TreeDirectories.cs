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
        for (var end = path.IndexOf('/'); end >= 0; end = end + 1 < path.Length ? path.IndexOf('/', end + 1) : -1)
            AddOne(root, path[..end], additions);
        AddOne(root, path, additions);
    }

    private static void AddOne(string root, string path, List<TreeAddition> additions)
    {
        if (!UntrustedTree.Has(root, path) && !additions.Exists(addition => addition.Path == path))
            additions.Add(new TreeAddition.Directory(path, Mode));
    }
}
