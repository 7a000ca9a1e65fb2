namespace KairosBoot.Plan;

/// <summary>One call of a merge, printed as the command that does the same inside the store.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Entry">To what.</param>
public readonly record struct StateAction(StateActionKind Kind, StateEntry Entry)
{
    public override string ToString() => Kind switch
    {
        StateActionKind.Remove => (Entry.Store.IsDirectory ? "rmdir " : "rm ") + ShellText.Quote(Entry.Name),
        StateActionKind.Put => $"mv NEW {ShellText.Quote(Entry.Name)}",
        StateActionKind.Attributes => "chmod/chown/setfattr " + ShellText.Quote(Entry.Name.Length == 0 ? "." : Entry.Name),
        _ => throw new InvalidOperationException(),
    };
}

public enum StateActionKind { Remove, Put, Attributes }

/// <summary>
/// Brings a store in line with an image three ways. What nobody touched follows the image; what the user changed, made or deleted stays so.
/// Before: entries with base, image and store. After: each knows its change, and the actions that make them are in an order in which
/// every one is possible.
/// </summary>
public sealed class StateMerge
{
    private StateMerge(List<StateEntry> entries) => Entries = entries;

    public List<StateEntry> Entries { get; }
    /// <summary>Removals from the deepest up, then everything that comes, from the top down.</summary>
    public List<StateAction> Actions { get; } = [];
    public int Added { get; private set; }
    public int Followed { get; private set; }
    public int Removed { get; private set; }
    /// <summary>What stays as the user has it although the image changed or dropped its own.</summary>
    public List<string> Kept { get; } = [];

    public static StateMerge Decide(List<StateEntry> entries)
    {
        var merge = new StateMerge(entries);
        for (var i = entries.Count - 1; i >= 0; i--)
            if (entries[i] is { Parent: { } parent } entry && entry.Store.IsThere && !Goes(entry)) parent.HoldsWhatStays = true;
        foreach (var entry in entries)
        {
            entry.Change = Change(entry);
            entry.DirectoryAfter = entry.Change switch
            {
                StateChange.None => entry.Store.IsDirectory,
                StateChange.Remove => false,
                _ => entry.Image.IsDirectory,
            };
            merge.Count(entry);
        }
        merge.Order();
        return merge;
    }

    private static bool Goes(StateEntry entry) => entry.Name.Length > 0 && entry.Untouched && !entry.Image.IsThere && CanGo(entry);

    // A directory with anything left in it that is the user's cannot go, and nothing can come in its place.
    private static bool CanGo(StateEntry entry) => !entry.Store.IsDirectory || !(entry.HoldsMore || entry.HoldsWhatStays);

    private static StateChange Change(StateEntry entry)
    {
        if (!entry.Untouched || entry.Store.Equals(entry.Image)) return StateChange.None;
        if (!entry.Image.IsThere) return Goes(entry) ? StateChange.Remove : StateChange.None;
        // Where the user deleted the directory, or has something else in its place, nothing new appears below it.
        if (!entry.Store.IsThere) return entry.Parent is { DirectoryAfter: true } ? StateChange.Add : StateChange.None;
        if (entry.Store.IsDirectory && entry.Image.IsDirectory) return StateChange.Attributes;
        if (!entry.Store.IsDirectory && !entry.Image.IsDirectory) return StateChange.Replace;
        return CanGo(entry) ? StateChange.Exchange : StateChange.None;
    }

    private void Count(StateEntry entry)
    {
        switch (entry.Change)
        {
            case StateChange.Add: Added++; break;
            case StateChange.Replace or StateChange.Exchange or StateChange.Attributes: Followed++; break;
            case StateChange.Remove: Removed++; break;
            case StateChange.None when entry.Store.IsThere && IsBothChanged(entry): Kept.Add(entry.Name.Length == 0 ? "." : entry.Name); break;
        }
    }

    // An empty base is a deletion that an earlier merge knew of: a file made there since is the user's alone while no image has one.
    private static bool IsBothChanged(StateEntry entry) => !entry.Store.Equals(entry.Image)
        && (entry.Untouched ? entry.Image.IsThere : !entry.ImageAsBefore && (entry.Image.IsThere || entry.Base is { Length: > 0 }));

    private void Order()
    {
        for (var i = Entries.Count - 1; i >= 0; i--)
            if (Entries[i].Change is StateChange.Remove or StateChange.Exchange) Actions.Add(new(StateActionKind.Remove, Entries[i]));
        foreach (var entry in Entries)
            if (entry.Change is StateChange.Add or StateChange.Replace or StateChange.Exchange) Actions.Add(new(StateActionKind.Put, entry));
            else if (entry.Change == StateChange.Attributes) Actions.Add(new(StateActionKind.Attributes, entry));
    }
}
