using KairosBoot.Linux;

namespace KairosBoot.Image;

/// <summary>Paths as a process chrooted into the tree sees them: absolute links stay inside.</summary>
public static class RootedPath
{
    private const int MostLinks = 40; // the kernel's own limit (path_resolution(7))

    /// <summary>The host's path of a file in the tree, every link followed inside the tree; null when there is none.</summary>
    public static string? Resolve(string root, string path)
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

            var here = Path.Combine([root, .. done, name]);
            if (Syscall.TryLStat(here) is not { } status)
            {
                return null;
            }

            if (status.Type != FileType.Symlink)
            {
                done.Add(name);
                continue;
            }

            var target = Syscall.ReadLink(here);
            if (++links > MostLinks)
            {
                return null;
            }

            if (target.StartsWith('/'))
            {
                done.Clear();
            }

            foreach (var part in target.Split('/').Reverse())
            {
                pending.Push(part);
            }
        }

        return Path.Combine([root, .. done]);
    }
}
