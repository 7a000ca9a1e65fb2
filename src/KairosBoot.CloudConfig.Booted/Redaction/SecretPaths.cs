using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>Files whose whole content is a secret, by their path.</summary>
internal static class SecretPaths
{
    private static readonly string[] Ends =
    [
        ".key", ".pem", ".p12", ".pfx", ".jks", ".keytab", ".kdbx", ".gpg", ".asc", ".age", ".psk", ".ovpn", ".nmconnection", "shadow",
        ".netrc", ".pgpass", ".htpasswd", ".npmrc", ".git-credentials", "kubeconfig", ".kubeconfig", "/.docker/config.json",
    ];

    private static readonly string[] Parts = ["/id_", "wpa_supplicant", "/private/", "/wireguard/", "/iwd/"];

    internal static bool IsSecret(string path)
    {
        var lower = path.ToLowerInvariant();
        return Ends.Any(end => lower.EndsWith(end, StringComparison.Ordinal))
            || (Parts.Any(part => lower.Contains(part, StringComparison.Ordinal)) && !lower.EndsWith(".pub", StringComparison.Ordinal))
            || SecretNames.IsSecret(PathParts.NameOf(path));
    }
}
