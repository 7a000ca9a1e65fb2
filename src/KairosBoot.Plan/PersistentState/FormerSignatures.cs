namespace KairosBoot.Plan;

/// <summary>Signatures of an entry with the hash of the manifest that <see cref="MergeEntry.Base"/> comes from.</summary>
public sealed class FormerSignatures
{
    public EntrySignature Image { get; set; }
    public EntrySignature Store { get; set; }
}
