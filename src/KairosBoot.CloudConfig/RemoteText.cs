using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>Fetches what a URL names.</summary>
/// <param name="url">As it was written; it may hold a password.</param>
/// <param name="limit">The transfer ends when more than this arrives.</param>
/// <returns>Its content as text. Throws <see cref="FormatException"/>, whose message holds nothing that is secret in the URL.</returns>
internal delegate ConfigText RemoteText(string url, ReadLimit limit);
