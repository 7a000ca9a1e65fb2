namespace KairosBoot.Image;

/// <summary>Paths as a process that has its root in an image sees them, where the image is not mounted: absolute links stay inside.</summary>
internal static class RootedPath
{
    private const int MaxLinks = 40; // the kernel's own limit (path_resolution(7))

    /// <summary>Where a path leads when every link in it is followed.</summary>
    /// <param name="path">In the tree, with or without a leading slash.</param>
    /// <param name="look">Tells whether the tree has a path (without a leading slash, no links before its last part) and, of a link, its target.</param>
    /// <returns>A path without a leading slash and without links; null when a part is missing or the links have no end.</returns>
    internal static string? Follow(string path, Func<string, (bool Found, string? LinkTarget)> look)
    {
        var pending = new Stack<string>(path.Split('/').Reverse());
        List<string> done = [];
        for (var links = 0; pending.TryPop(out var name);)
        {
            switch (name)
            {
                case "" or ".":
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
            foreach (var part in target.Split('/').Reverse())
                pending.Push(part);
        }

        return string.Join('/', done);
    }
}
