namespace KairosBoot.Linux.Tests;

/// <summary>A file of a generated tree.</summary>
internal sealed class WalkNode(WalkNode? parent, int uid, char kind)
{
    public WalkNode Parent => parent ?? this;
    public int Uid { get; } = uid;

    /// <summary>d, f or l.</summary>
    public char Kind { get; } = kind;
    public string Target { get; init; } = "";
    public SortedDictionary<string, WalkNode> Children { get; } = new(StringComparer.Ordinal);
}

/// <summary>
/// A second implementation of the rule of <see cref="PathWalker"/>, on a tree in memory. First the whole path is resolved as in
/// path_resolution(7), with a record of each step; then the records alone decide whether a user could have led root to a step.
/// </summary>
internal sealed class WalkModel(WalkNode root)
{
    private enum Way { Start, Down, Up, ToRoot, Link }

    private readonly List<(WalkNode Node, Way Way)> steps = [];

    /// <summary>
    /// <c>refused</c>, <c>loop</c>, <c>missing</c>, or <c>found</c> with the node, and its name if a place was requested.
    /// </summary>
    public (string Outcome, WalkNode? Node, string Name) Walk(string path, bool followLast, bool isPlace)
    {
        steps.Clear();
        steps.Add((root, Way.Start));
        var resolved = Resolve(path, followLast, isPlace);
        return IsRefused() ? ("refused", null, "") : resolved;
    }

    private (string, WalkNode?, string) Resolve(string path, bool followLast, bool isPlace)
    {
        var at = root;
        var left = new LinkedList<string>(Names(path));
        for (var links = 0; left.Count > 0;)
        {
            if (at.Kind != 'd') return ("missing", null, "");
            var name = left.First!.Value;
            left.RemoveFirst();
            if (name == "..")
            {
                if (at != root) steps.Add((at = at.Parent, Way.Up));
                continue;
            }
            var isLast = left.Count == 0;
            var child = at.Children.GetValueOrDefault(name);
            if (child is { Kind: 'l' } && (followLast || !isLast))
            {
                steps.Add((child, Way.Link));
                if (links++ == 40) return ("loop", null, "");
                if (child.Target.StartsWith('/')) steps.Add((at = root, Way.ToRoot));
                foreach (var part in Names(child.Target).Reverse()) left.AddFirst(part);
                continue;
            }
            if (isLast && isPlace) return ("found", at, name);
            if (child is null) return ("missing", null, "");
            steps.Add((at = child, Way.Down));
        }
        return ("found", at, ".");
    }

    private static string[] Names(string path) => path.Split('/').Where(part => part is not ("" or ".")).ToArray();

    private bool IsRefused()
    {
        for (var i = 1; i < steps.Count; i++)
        {
            var (node, way) = steps[i];
            var user = steps.Take(i).LastOrDefault(step => step.Uid() != 0 && step.Way != Way.Up).Node?.Uid ?? 0;
            if (user == 0 || node.Uid == user) continue;
            // Exempt: a step down to a directory of root, from the user's own directory or a directory of root below it.
            var since = steps.Take(i).Where(step => step.Way != Way.Link).Reverse().TakeWhile(step => step.Way is Way.Down or Way.Start)
                .ToList();
            var isBelowOwn = since.TakeWhile(step => step.Node.Uid is 0 || step.Node.Uid == user).Any(step => step.Node.Uid == user);
            if (way == Way.Down && node is { Kind: 'd', Uid: 0 } && isBelowOwn) continue;
            return true;
        }
        return false;
    }
}

file static class Steps
{
    internal static int Uid<T>(this (WalkNode Node, T Way) step) => step.Node.Uid;
}
