namespace KairosBoot.CloudConfig;

/// <summary>What a provider has for this machine, as it was found.</summary>
/// <param name="content">Bytes of the user-data; not none.</param>
/// <param name="source">Where they are from, for a message: <c>/dev/sr0/user-data</c>.</param>
internal sealed class UserData(byte[] content, string source)
{
    internal byte[] Content { get; } = content;
    internal string Source { get; } = source;

    /// <summary>OpenStack's description of the machine, JSON; null where there is none.</summary>
    internal byte[]? Metadata { get; init; }
}
