using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>The user-data of this machine from a provider, unchanged.</summary>
/// <param name="content">The user-data, not empty.</param>
/// <param name="source">The source in messages: <c>/dev/sr0/user-data</c>.</param>
/// <param name="metadata">OpenStack's metadata of the machine, JSON; null: none.</param>
internal sealed class UserData(byte[] content, string source, byte[]? metadata = null)
{
    internal byte[] Content { get; } = content;
    internal string Source { get; } = source;
    internal byte[]? Metadata { get; } = metadata;

    /// <summary>The volume that has the user-data; null: a file.</summary>
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
