namespace KairosBoot.CloudConfig;

/// <summary><c>authorized_keys</c>: SSH keys by user.</summary>
internal static class AuthorizedKeysKey
{
    internal static readonly StageKey Definition = new("authorized_keys", Schema.MapOf(Schema.Texts), (value, run) =>
    {
        foreach (var (user, keys) in ((YamlMapping)value).Pairs)
        {
            run.Attempt(user.Line, "authorized_keys", () =>
                AuthorizedKeysFile.Add(user.Text, [.. YamlMapping.TextsOf(keys)], "authorized_keys", run));
        }
    });
}
