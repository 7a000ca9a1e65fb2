namespace KairosBoot.Plan;

/// <summary>
/// The machine's secret for the signatures of its manifest. A user who knew it could make a file with the signature of another one, which
/// the next image would then replace.
/// </summary>
public sealed class SignatureKey
{
    private readonly byte[] bytes;

    /// <param name="bytes"><see cref="SipHash128.KeyBytes"/> random bytes.</param>
    public SignatureKey(byte[] bytes)
    {
        this.bytes = bytes;
        Id = NewHash().Finish().First.ToString("x16");
    }

    /// <summary>Tells this key from another one: 16 hexadecimal digits, from which the key cannot be computed.</summary>
    public string Id { get; }

    internal SipHash128 NewHash() => new(bytes);
}
