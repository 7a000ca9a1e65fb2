using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>A URL and its form for messages. User, password and query may be secret.</summary>
internal sealed class WebAddress
{
    private readonly Uri uri;

    private WebAddress(string text, Uri uri) => (Text, this.uri) = (text, uri);

    internal string Text { get; }

    /// <summary>Scheme, host and path, without user, password and query.</summary>
    internal string Display =>
        uri.GetLeftPart(UriPartial.Scheme) + (uri.IsDefaultPort ? uri.Host : $"{uri.Host}:{uri.Port}") + uri.AbsolutePath;

    internal bool IsHttps => uri.Scheme == Uri.UriSchemeHttps;

    internal bool HasUser => uri.UserInfo.Length > 0;

    /// <summary>User and password, unescaped; null: no password.</summary>
    internal (string User, string Password)? Credentials =>
        uri.UserInfo.IndexOf(':') is var colon and >= 0
            ? (Uri.UnescapeDataString(uri.UserInfo[..colon]), Uri.UnescapeDataString(uri.UserInfo[(colon + 1)..])) : null;

    /// <summary>The last part of the path; null: the path ends in a slash.</summary>
    internal string? FileName =>
        Uri.UnescapeDataString(PathParts.NameOf(uri.AbsolutePath)) is { Length: > 0 } name
            && name is not ("." or "..") && !name.Contains('/') ? name : null;

    /// <summary>The URL without user and password. A user without a password is kept.</summary>
    internal string TextWithoutPassword =>
        Credentials is not null ? Text.Remove(Text.IndexOf("://", StringComparison.Ordinal) + 3, uri.UserInfo.Length + 1) : Text;

    /// <summary>Texts that must not be logged. The longest is first, so that replacing one does not show the rest of another.</summary>
    internal IReadOnlyList<string> Secrets
    {
        get
        {
            var secrets = new List<string>();
            if (HasUser || uri.Query.Length > 1) secrets.Add(Text);
            if (HasUser) secrets.Add(uri.UserInfo);
            if (Credentials is { Password.Length: > 0 } credentials) secrets.Add(credentials.Password);
            if (uri.Query.Length > 1) secrets.Add(uri.Query[1..]);
            return [.. secrets.OrderByDescending(secret => secret.Length)];
        }
    }

    /// <summary>Throws <see cref="FormatException"/>.</summary>
    internal static WebAddress Parse(string? text)
    {
        if (string.IsNullOrEmpty(text)) throw new FormatException("url is missing");
        Uri? uri = null;
        var isUrl = !text.Any(char.IsControl) && text.Contains("://", StringComparison.Ordinal)
            && Uri.TryCreate(text, UriKind.Absolute, out uri);
        if (!isUrl || uri!.Host.Length == 0) throw new FormatException("url is not valid; to fix: use the form https://host/path");
        return new WebAddress(text, uri);
    }
}
