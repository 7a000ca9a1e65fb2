namespace KairosBoot.Plan;

/// <summary>What the merge does with an entry of a store.</summary>
public enum MergeChange
{
    /// <summary>The entry is not changed.</summary>
    None,
    /// <summary>The image's file is added where the store has none.</summary>
    Add,
    /// <summary>The image's file replaces the entry, in one rename.</summary>
    Replace,
    /// <summary>The entry is deleted, then the image's is added: one of the two is a directory.</summary>
    Exchange,
    /// <summary>The directory stays and gets mode, owner and attributes of the image's.</summary>
    Attributes,
    /// <summary>The entry is deleted.</summary>
    Remove,
}

/// <summary>One name below a persistent path in three trees: what was last seeded, the image, and the store.</summary>
/// <param name="name">Relative to the store, <c>sshd_config.d/10.conf</c>; empty: the store itself.</param>
public sealed class MergeEntry(string name)
{
    private static readonly EntrySignature[] Nothing = [EntrySignature.Absent];

    public string Name { get; } = name;

    /// <summary>
    /// The signatures that the store may have here if only the boot has written to it. Null: the name is not in the manifest, so the store
    /// should have nothing here. Empty: the user deleted a file of the image; a file here now is the user's.
    /// </summary>
    public EntrySignature[]? Base { get; set; }
    public EntrySignature Image { get; set; }
    public EntrySignature Store { get; set; }

    /// <summary>
    /// Null: <see cref="Base"/> has the same kind of signatures as <see cref="Image"/> and <see cref="Store"/>. Else it comes from a
    /// manifest of an older version, and is compared with these.
    /// </summary>
    public FormerSignatures? Former { get; set; }

    /// <summary>The directory that contains it, if that is an entry too.</summary>
    public MergeEntry? Parent { get; set; }
    /// <summary>The store's directory contains something that is not an entry: it belongs to the user.</summary>
    public bool HoldsMore { get; set; }
    /// <summary>Number of entries directly in it in the store.</summary>
    public int ChildCount { get; set; }
    /// <summary>Bytes that the image's file occupies on the disk.</summary>
    public long AllocatedBytes { get; set; }
    /// <summary>Equal texts are the same file: a file of the image with several names.</summary>
    public string? HardLink { get; set; }

    public MergeChange Change { get; set; }
    /// <summary>True: this is a directory after the merge.</summary>
    public bool DirectoryAfter { get; set; }
    /// <summary>Set during planning: something below it stays.</summary>
    internal bool HasRemaining { get; set; }

    /// <summary>The store has what was seeded, or nothing if nothing was seeded.</summary>
    public bool Untouched => IsBase(Former is null ? Store : Former.Store);

    /// <summary>The image has what was last seeded.</summary>
    public bool IsImageUnchanged => IsBase(Former is null ? Image : Former.Image);

    private bool IsBase(EntrySignature signature)
    {
        foreach (var accepted in Base ?? Nothing)
            if (accepted.Accepts(signature)) return true;
        return false;
    }

    /// <summary>
    /// The base of the next merge after this one is done: what the image has, even if the merge did not apply it. If the user deleted a
    /// file that the image no longer has either, an empty base records the deletion: the image that had the file may return. The store
    /// itself stays if its path is gone from the image.
    /// </summary>
    public EntrySignature[]? Settled =>
        Image.IsThere ? [Image] : Name.Length == 0 ? BaseOfRoot : Store.IsThere || Untouched ? null : [];

    // A signature of an older manifest cannot be converted without the file: that of a store that the user changed matches no file.
    private EntrySignature[]? BaseOfRoot => Former is null || Base is null ? Base : Untouched ? [Store] : [];

    /// <summary>
    /// The base while the changes are made. Every state that a power cut can leave counts as untouched, so that the next merge, with this
    /// image or another one, has the same result as after a completed merge.
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
