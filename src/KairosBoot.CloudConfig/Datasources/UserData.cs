using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>What a provider has for this machine, as it was found.</summary>
/// <param name="content">Bytes of the user-data; not none.</param>
/// <param name="source">Where they are from, for a message: <c>/dev/sr0/user-data</c>.</param>
/// <param name="metadata">OpenStack's description of the machine, JSON; null where there is none.</param>
internal sealed class UserData(byte[] content, string source, byte[]? metadata = null)
{
    internal byte[] Content { get; } = content;
    internal string Source { get; } = source;
    internal byte[]? Metadata { get; } = metadata;

    /// <summary>The volume, where they are from one.</summary>
    internal UserDataMark? Volume { get; set; }

    internal string Sha256 { get; } = Digest(content);
    internal string? MetadataSha256 { get; } = metadata is null ? null : Digest(metadata);

    private static string Digest(byte[] bytes)
    {
        var digest = new Sha256();
        digest.Append(bytes);
        return Convert.ToHexStringLower(digest.Finish());
    }
}
