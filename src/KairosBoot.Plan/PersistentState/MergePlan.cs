namespace KairosBoot.Plan;

/// <summary>One action of a merge. It prints as the command that does the same in the store, or as a description.</summary>
public readonly record struct MergeAction(MergeActionKind Kind, MergeEntry Entry)
{
    public override string ToString() => Kind switch
    {
        MergeActionKind.Remove => (Entry.Store.IsDirectory ? "rmdir " : "rm ") + ShellText.Quote(Entry.Name),
        MergeActionKind.Put => "# copy from the image: " + ShellText.Quote(Entry.Name),
        MergeActionKind.Attributes => "# copy mode, owner and attributes from the image: " +
            ShellText.Quote(Entry.Name.Length == 0 ? "." : Entry.Name),
        _ => throw new InvalidOperationException(),
    };
}

public enum MergeActionKind { Remove, Put, Attributes }

/// <summary>
/// Plans a three-way merge of an image into a store. Files that the user did not touch follow the image; files that the user changed, made
/// or deleted stay so. Before: entries with base, image and store. After: each entry has its change, and the actions are in an order in
/// which each of them is possible.
/// </summary>
public sealed class MergePlan
{
    private MergePlan(List<MergeEntry> entries) => Entries = entries;

    public List<MergeEntry> Entries { get; }
    /// <summary>Deletions from the deepest level up, then additions from the top down.</summary>
    public List<MergeAction> Actions { get; } = [];
    public int Added { get; private set; }
    public int Followed { get; private set; }
    public int Removed { get; private set; }
    /// <summary>Entries that stay in the user's version although the image changed or dropped its own.</summary>
    public List<string> Kept { get; } = [];

    public static MergePlan Decide(List<MergeEntry> entries)
    {
        var merge = new MergePlan(entries);
        for (var i = entries.Count - 1; i >= 0; i--)
            if (entries[i] is { Parent: { } parent } entry && entry.Store.IsThere && !IsRemoved(entry)) parent.HasRemaining = true;
        foreach (var entry in entries)
        {
            entry.Change = Change(entry);
            entry.DirectoryAfter = entry.Change switch
            {
                MergeChange.None => entry.Store.IsDirectory,
                MergeChange.Remove => false,
                _ => entry.Image.IsDirectory,
            };
            merge.Count(entry);
        }
        merge.Order();
        return merge;
    }

    private static bool IsRemoved(MergeEntry entry) => entry.Name.Length > 0 && entry.Untouched && !entry.Image.IsThere && CanRemove(entry);

    // A directory that still contains something of the user cannot be deleted or replaced.
    private static bool CanRemove(MergeEntry entry) => !entry.Store.IsDirectory || !(entry.HoldsMore || entry.HasRemaining);

    private static MergeChange Change(MergeEntry entry)
    {
        if (!entry.Untouched || entry.Store.Equals(entry.Image)) return MergeChange.None;
        if (!entry.Image.IsThere) return IsRemoved(entry) ? MergeChange.Remove : MergeChange.None;
        // Below a directory that the user deleted or replaced, nothing is added.
        if (!entry.Store.IsThere) return entry.Parent is { DirectoryAfter: true } ? MergeChange.Add : MergeChange.None;
        if (entry.Store.IsDirectory && entry.Image.IsDirectory) return MergeChange.Attributes;
        if (!entry.Store.IsDirectory && !entry.Image.IsDirectory) return MergeChange.Replace;
        return CanRemove(entry) ? MergeChange.Exchange : MergeChange.None;
    }

    private void Count(MergeEntry entry)
    {
        switch (entry.Change)
        {
            case MergeChange.Add: Added++; break;
            case MergeChange.Replace or MergeChange.Exchange or MergeChange.Attributes: Followed++; break;
            case MergeChange.Remove: Removed++; break;
            case MergeChange.None when entry.Store.IsThere && IsBothChanged(entry):
                Kept.Add(entry.Name.Length == 0 ? "." : entry.Name);
                break;
        }
    }

    // An empty base is a deletion that an earlier merge recorded: a file created there later belongs to the user, unless an image has
    // one.
    private static bool IsBothChanged(MergeEntry entry) => !entry.Store.Equals(entry.Image)
        && (entry.Untouched ? entry.Image.IsThere : !entry.IsImageUnchanged && (entry.Image.IsThere || entry.Base is { Length: > 0 }));

    private void Order()
    {
        for (var i = Entries.Count - 1; i >= 0; i--)
            if (Entries[i].Change is MergeChange.Remove or MergeChange.Exchange) Actions.Add(new(MergeActionKind.Remove, Entries[i]));
        foreach (var entry in Entries)
        {
            if (entry.Change is MergeChange.Add or MergeChange.Replace or MergeChange.Exchange)
                Actions.Add(new(MergeActionKind.Put, entry));
            else if (entry.Change == MergeChange.Attributes) Actions.Add(new(MergeActionKind.Attributes, entry));
        }
    }
}
