using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// Follows paths in a tree or an image that is not mounted, as a process with its root in the image does: absolute links stay inside.
/// </summary>
internal static class RootedPath
{
    private const int MaxLinks = 40; // the kernel's own limit (path_resolution(7))

    /// <summary>Follows all links of a path in a tree; null: it leads to no file.</summary>
    internal static string? Follow(string root, string path) => Follow(path, inside =>
    {
        using var file = UntrustedTree.TryOpen(root, inside, followLast: false);
        return (file is not null, file is not null && Syscall.FStat(file).Type == FileType.Symlink ? Syscall.ReadLink(file) : null);
    });

    /// <summary>Follows all links of a path.</summary>
    /// <param name="path">In the tree, with or without a leading slash.</param>
    /// <param name="look">Looks up a path without a leading slash and without links before its last part: whether it exists, and the target
    /// of a link.</param>
    /// <returns>A path without a leading slash and without links; null if a part is missing or there are too many links.</returns>
    internal static string? Follow(string path, Func<string, (bool Found, string? LinkTarget)> look)
    {
        var pending = new Stack<string>(PathParts.NamesOf(path).Reverse());
        List<string> done = [];
        for (var links = 0; pending.TryPop(out var name);)
        {
            switch (name)
            {
                case ".":
                    continue;
                case "..":
                    done.RemoveRange(Math.Max(0, done.Count - 1), Math.Min(1, done.Count));
                    continue;
            }

            var (found, target) = look(string.Join('/', [.. done, name]));
            if (!found || target is not null && ++links > MaxLinks) return null;
            if (target is null)
            {
                done.Add(name);
                continue;
            }

            if (target.StartsWith('/')) done.Clear();
            foreach (var part in PathParts.NamesOf(target).Reverse())
                pending.Push(part);
        }

        return string.Join('/', done);
    }
}
