namespace KairosBoot.Plan;

/// <summary>A hash of a message that comes in pieces.</summary>
public abstract class MessageDigest
{
    /// <summary>The next piece of the message.</summary>
    public abstract void Append(ReadOnlySpan<byte> piece);
}
