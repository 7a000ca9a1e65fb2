namespace KairosBoot.Plan;

/// <summary>Computes signatures of entries, one after another.</summary>
/// <param name="key">The key of the machine.</param>
public sealed class EntryDigest(SignatureKey key) : MessageDigest
{
    private readonly SipHash128 keyed = key.NewHash();
    private Sha256? former;

    /// <summary>
    /// True: also computes signatures with SHA-256, for a manifest that an older version has written.
    /// </summary>
    public bool WithFormer { get; set; }

    /// <summary>With <see cref="WithFormer"/>: the last entry's signature with SHA-256.</summary>
    public EntrySignature Former { get; private set; }

    /// <summary>Begins the next entry.</summary>
    public void Start()
    {
        keyed.Start();
        former = WithFormer ? new Sha256() : null;
    }

    public override void Append(ReadOnlySpan<byte> piece)
    {
        keyed.Append(piece);
        former?.Append(piece);
    }

    /// <summary>The signature of the entry.</summary>
    /// <param name="kind">As in <see cref="EntrySignature.Of(char, long, ulong, ulong)"/>.</param>
    /// <param name="size">As there.</param>
    public EntrySignature Finish(char kind, long size)
    {
        if (former is not null) Former = EntrySignature.Of(kind, size, former.Finish());
        var (first, second) = keyed.Finish();
        return EntrySignature.Of(kind, size, first, second);
    }
}
