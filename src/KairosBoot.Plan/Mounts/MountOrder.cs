using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// Orders the mounts of a layout: parents before children, over all kinds of mounts, and the mounts that contain the state directory before
/// the paths that are stored in it. The next mount is always the first one, by depth and then by name, that waits for no other. Its time is
/// linear in the number of mounts, apart from sorting them.
/// </summary>
/// <param name="target">The state directory.</param>
internal sealed class MountOrder(string target)
{
    private sealed class Node(string path, Step step, bool needsState)
    {
        public string Path => path;
        public Step Step => step;
        public bool NeedsState => needsState;
        public int Depth { get; } = MountPath.Depth(path);
    }

    private readonly List<Node> nodes = [];
    // How many mounts at each path are not in the order yet.
    private readonly Dictionary<string, int> pending = [];
    private int pendingHolders;

    /// <param name="path">The mount point in the new root.</param>
    /// <param name="step">The step that mounts it.</param>
    /// <param name="needsState">Its content is in the state directory.</param>
    public void Add(string path, Step step, bool needsState)
    {
        nodes.Add(new(path, step, needsState));
        pending[path] = pending.GetValueOrDefault(path) + 1;
        if (HoldsState(path)) pendingHolders++;
    }

    /// <summary>Adds all steps to a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="seed">Comes before the first step that needs the state directory; null: nothing does.</param>
    public void AddTo(ImmutableArray<Step>.Builder plan, Step? seed)
    {
        nodes.Sort((a, b) => a.Depth != b.Depth ? a.Depth - b.Depth : string.CompareOrdinal(a.Path, b.Path));
        var waiting = new List<Node>();
        void Place(Node node)
        {
            if (node.NeedsState && seed is not null) plan.Add(seed);
            if (node.NeedsState) seed = null;
            plan.Add(node.Step);
            pending[node.Path]--;
            if (HoldsState(node.Path)) pendingHolders--;
        }
        foreach (var node in nodes)
        {
            if (Waits(node))
            {
                waiting.Add(node);
                continue;
            }
            Place(node);
            // Children come later in the list, so only a mount that contains the state directory ends the wait of an earlier one.
            if (HoldsState(node.Path)) PlaceWaiting(waiting, Place);
        }
        if (waiting.Count > 0) throw new InvalidOperationException("no order of the mounts: " + waiting[0].Path);
    }

    // After each mount that contains the state directory, the search starts again at the first one.
    private void PlaceWaiting(List<Node> waiting, Action<Node> place)
    {
        bool again;
        do
        {
            again = false;
            var kept = 0;
            foreach (var node in waiting.ToArray())
            {
                if (again || Waits(node))
                {
                    waiting[kept++] = node;
                    continue;
                }
                place(node);
                again = HoldsState(node.Path);
            }
            waiting.RemoveRange(kept, waiting.Count - kept);
        }
        while (again);
    }

    private bool HoldsState(string path) => MountPath.IsInside(target, path);

    private bool Waits(Node node)
    {
        if (node.NeedsState && pendingHolders > (HoldsState(node.Path) ? 1 : 0)) return true;
        for (var path = PathParts.ParentOf(node.Path); path.Length > 1; path = PathParts.ParentOf(path))
            if (pending.GetValueOrDefault(path) > 0) return true;
        return false;
    }
}
