namespace KairosBoot.Plan;

/// <summary>What the merge does with an entry of a store.</summary>
public enum MergeChange
{
    /// <summary>Stays as it is.</summary>
    None,
    /// <summary>The image's file comes where nothing is.</summary>
    Add,
    /// <summary>The image's file takes the place of what is there, in one rename.</summary>
    Replace,
    /// <summary>What is there goes first, then the image's comes: a directory is on one side of it.</summary>
    Exchange,
    /// <summary>The directory stays and gets mode, owner and attributes of the image's.</summary>
    Attributes,
    /// <summary>Goes.</summary>
    Remove,
}

/// <summary>One name below a persistent path, as three trees have it: what was last seeded, the image, and the store.</summary>
/// <param name="name">Below the store, <c>sshd_config.d/10.conf</c>; empty for the store itself.</param>
public sealed class MergeEntry(string name)
{
    private static readonly EntrySignature[] Nothing = [EntrySignature.Absent];

    public string Name { get; } = name;

    /// <summary>
    /// What the store may have here without anybody but the boot having touched it. Null: the manifest does not know the name, so nothing.
    /// Empty: the user deleted what an image had, and whatever is here is theirs.
    /// </summary>
    public EntrySignature[]? Base { get; set; }
    public EntrySignature Image { get; set; }
    public EntrySignature Store { get; set; }

    /// <summary>The directory that holds it, where that is an entry too.</summary>
    public MergeEntry? Parent { get; set; }
    /// <summary>A directory of the store with something in it that is no entry: it belongs to the user.</summary>
    public bool HoldsMore { get; set; }
    /// <summary>How many entries the store has directly in it.</summary>
    public int Holds { get; set; }
    /// <summary>Bytes of the disk that the image's file takes.</summary>
    public long Room { get; set; }
    /// <summary>Same text, same file: an image's file with several names.</summary>
    public string? HardLink { get; set; }

    public MergeChange Change { get; set; }
    /// <summary>A directory is here when the merge is done.</summary>
    public bool DirectoryAfter { get; set; }
    /// <summary>Set on the way: something below it stays.</summary>
    internal bool HoldsWhatStays { get; set; }

    /// <summary>The store has what was seeded, or has nothing where nothing was.</summary>
    public bool Untouched => IsBase(Store);

    /// <summary>The image has what was last seeded.</summary>
    public bool ImageAsBefore => IsBase(Image);

    private bool IsBase(EntrySignature signature)
    {
        foreach (var accepted in Base ?? Nothing)
            if (accepted.Accepts(signature)) return true;
        return false;
    }

    /// <summary>
    /// The base of the next merge, once this one is done: what the image has, whatever became of it here. Where the user deleted what the
    /// image no longer has, an empty one remembers it: the image that had it may come back. The store itself outlives its path in the image.
    /// </summary>
    public EntrySignature[]? Settled =>
        Image.IsThere ? [Image] : Name.Length == 0 ? Base : Store.IsThere || Untouched ? null : [];

    /// <summary>
    /// The base while the changes are made. Whatever a power cut leaves of a change counts as untouched, so that the next merge, with this
    /// image or any other, ends where it would have ended after a whole one.
    /// </summary>
    public EntrySignature[]? Meanwhile => Change switch
    {
        MergeChange.None => Settled,
        MergeChange.Attributes => [Image, EntrySignature.AnyDirectory],
        MergeChange.Add or MergeChange.Replace or MergeChange.Remove => [Image, Store],
        MergeChange.Exchange => [Image, Store, EntrySignature.Absent],
        _ => throw new InvalidOperationException(),
    };
}
