using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>Fetches the content of a URL.</summary>
/// <param name="url">As written in the config. It may contain a password.</param>
/// <param name="limit">The transfer fails if more than this arrives.</param>
/// <returns>The content as text. Throws <see cref="FormatException"/>; its message does not contain the secrets of the URL.</returns>
internal delegate ConfigText RemoteText(string url, ReadLimit limit);
