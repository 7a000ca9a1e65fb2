namespace KairosBoot.CloudConfig;

/// <summary>Fetches what a URL names.</summary>
/// <param name="url">As it was written; it may hold a password.</param>
/// <returns>Its content as text. Throws <see cref="FormatException"/> that tells what is wrong without what is secret in the URL.</returns>
internal delegate ConfigText RemoteText(string url);
