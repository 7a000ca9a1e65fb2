namespace KairosBoot.Plan;

/// <summary>One call of a merge, printed as the command that does the same inside the store.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Entry">To what.</param>
public readonly record struct MergeAction(MergeActionKind Kind, MergeEntry Entry)
{
    public override string ToString() => Kind switch
    {
        MergeActionKind.Remove => (Entry.Store.IsDirectory ? "rmdir " : "rm ") + ShellText.Quote(Entry.Name),
        MergeActionKind.Put => $"mv NEW {ShellText.Quote(Entry.Name)}",
        MergeActionKind.Attributes => "chmod/chown/setfattr " + ShellText.Quote(Entry.Name.Length == 0 ? "." : Entry.Name),
        _ => throw new InvalidOperationException(),
    };
}

public enum MergeActionKind { Remove, Put, Attributes }

/// <summary>
/// Brings a store in line with an image three ways. What nobody touched follows the image; what the user changed, made or deleted stays so.
/// Before: entries with base, image and store. After: each knows its change, and the actions that make them are in an order in which
/// every one is possible.
/// </summary>
public sealed class MergePlan
{
    private MergePlan(List<MergeEntry> entries) => Entries = entries;

    public List<MergeEntry> Entries { get; }
    /// <summary>Removals from the deepest up, then everything that comes, from the top down.</summary>
    public List<MergeAction> Actions { get; } = [];
    public int Added { get; private set; }
    public int Followed { get; private set; }
    public int Removed { get; private set; }
    /// <summary>What stays as the user has it although the image changed or dropped its own.</summary>
    public List<string> Kept { get; } = [];

    public static MergePlan Decide(List<MergeEntry> entries)
    {
        var merge = new MergePlan(entries);
        for (var i = entries.Count - 1; i >= 0; i--)
            if (entries[i] is { Parent: { } parent } entry && entry.Store.IsThere && !Goes(entry)) parent.HoldsWhatStays = true;
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

    private static bool Goes(MergeEntry entry) => entry.Name.Length > 0 && entry.Untouched && !entry.Image.IsThere && CanGo(entry);

    // A directory with anything left in it that is the user's cannot go, and nothing can come in its place.
    private static bool CanGo(MergeEntry entry) => !entry.Store.IsDirectory || !(entry.HoldsMore || entry.HoldsWhatStays);

    private static MergeChange Change(MergeEntry entry)
    {
        if (!entry.Untouched || entry.Store.Equals(entry.Image)) return MergeChange.None;
        if (!entry.Image.IsThere) return Goes(entry) ? MergeChange.Remove : MergeChange.None;
        // Where the user deleted the directory, or has something else in its place, nothing new appears below it.
        if (!entry.Store.IsThere) return entry.Parent is { DirectoryAfter: true } ? MergeChange.Add : MergeChange.None;
        if (entry.Store.IsDirectory && entry.Image.IsDirectory) return MergeChange.Attributes;
        if (!entry.Store.IsDirectory && !entry.Image.IsDirectory) return MergeChange.Replace;
        return CanGo(entry) ? MergeChange.Exchange : MergeChange.None;
    }

    private void Count(MergeEntry entry)
    {
        switch (entry.Change)
        {
            case MergeChange.Add: Added++; break;
            case MergeChange.Replace or MergeChange.Exchange or MergeChange.Attributes: Followed++; break;
            case MergeChange.Remove: Removed++; break;
            case MergeChange.None when entry.Store.IsThere && IsBothChanged(entry): Kept.Add(entry.Name.Length == 0 ? "." : entry.Name); break;
        }
    }

    // An empty base is a deletion that an earlier merge knew of: a file made there since is the user's alone while no image has one.
    private static bool IsBothChanged(MergeEntry entry) => !entry.Store.Equals(entry.Image)
        && (entry.Untouched ? entry.Image.IsThere : !entry.ImageAsBefore && (entry.Image.IsThere || entry.Base is { Length: > 0 }));

    private void Order()
    {
        for (var i = Entries.Count - 1; i >= 0; i--)
            if (Entries[i].Change is MergeChange.Remove or MergeChange.Exchange) Actions.Add(new(MergeActionKind.Remove, Entries[i]));
        foreach (var entry in Entries)
        {
            if (entry.Change is MergeChange.Add or MergeChange.Replace or MergeChange.Exchange) Actions.Add(new(MergeActionKind.Put, entry));
            else if (entry.Change == MergeChange.Attributes) Actions.Add(new(MergeActionKind.Attributes, entry));
        }
    }
}
