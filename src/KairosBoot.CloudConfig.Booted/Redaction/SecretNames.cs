namespace KairosBoot.CloudConfig.Booted;

/// <summary>Which names have a secret as their value: keys of configs, variables, options, headers.</summary>
internal static class SecretNames
{
    /// <summary>Parts of names, in lower case and without the separators <c>-</c>, <c>_</c>, <c>.</c> and space.</summary>
    internal static readonly string[] Parts =
    [
        "password", "passwd", "passphrase", "secret", "token", "psk", "credential", "authorization", "cookie",
        "privatekey", "privkey", "apikey", "accesskey", "presharedkey", "encryptionkey", "sharedkey", "joinkey", "signingkey", "masterkey",
        "wpakey", "wepkey", "kubeconfig", "sasurl", "webhook", "bearer", "signature",
    ];

    /// <summary>Whole names, or what follows the last separator of a longer one: <c>rd.luks.key</c>, <c>DB_PASS</c>.</summary>
    internal static readonly string[] Words = ["key", "pass", "pwd", "pw", "auth", "pin", "otp", "hmac", "sig", "salt", "seed"];

    /// <summary>Names of mappings' members that name what another member is the value of.</summary>
    internal static readonly string[] NameKeys = ["name", "key", "variable", "header"];

    // The public half of a key pair, and the keys of those who may log in.
    private static readonly string[] Public = ["public", "authorizedkey", "keyserver", "hostkeyalgorithms"];

    internal static bool IsSecret(ReadOnlySpan<char> name)
    {
        const int MaxName = 256;
        if (name.Length > MaxName) name = name[^MaxName..];
        Span<char> plain = stackalloc char[name.Length];
        var (length, last) = (0, 0);
        foreach (var c in name)
        {
            if (c is '-' or '_' or '.' or ' ') last = length;
            else plain[length++] = char.ToLowerInvariant(c);
        }

        ReadOnlySpan<char> all = plain[..length], word = plain[last..length];
        foreach (var part in Public)
            if (all.Contains(part, StringComparison.Ordinal)) return false;
        foreach (var part in Parts)
            if (all.Contains(part, StringComparison.Ordinal)) return true;
        foreach (var secret in Words)
            if (word.SequenceEqual(secret) || all.SequenceEqual(secret)) return true;
        return false;
    }

    /// <summary>False for values that say nothing: empty, null and booleans, such as that of <c>lock_passwd</c>.</summary>
    internal static bool MayBeSecret(string value) =>
        value.Trim().ToLowerInvariant() is not ("" or "~" or "null" or "true" or "false" or "yes" or "no" or "on" or "off");
}
