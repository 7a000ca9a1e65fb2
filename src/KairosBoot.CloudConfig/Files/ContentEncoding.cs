using System.Text;

namespace KairosBoot.CloudConfig;

/// <summary>The <c>encoding</c> of the content of a file. An unknown word means plain text, for compatibility. The caller warns.</summary>
internal static class ContentEncoding
{
    internal static bool IsKnown(string encoding) =>
        encoding is "" or "text/plain" || IsBase64(encoding) || IsGZip(encoding) || IsBoth(encoding);

    /// <summary>The content is the text itself.</summary>
    internal static bool IsPlain(string encoding) => !IsBase64(encoding) && !IsGZip(encoding) && !IsBoth(encoding);

    internal static bool IsTemplate(byte[] content) => content.AsSpan().IndexOf("{{"u8) >= 0;

    private static bool IsBase64(string encoding) => encoding is "b64" or "base64";
    private static bool IsGZip(string encoding) => encoding is "gz" or "gzip";
    private static bool IsBoth(string encoding) => encoding is "gz+b64" or "gz+base64" or "gzip+b64" or "gzip+base64";

    /// <summary>Throws <see cref="FormatException"/> for damaged content.</summary>
    /// <param name="content">The text in the config.</param>
    /// <param name="encoding">Its encoding.</param>
    /// <param name="warn">Gets what was ignored.</param>
    internal static byte[] Decode(string content, string encoding, Action<string> warn)
    {
        if (IsBase64(encoding)) return FromBase64(content);
        if (IsBoth(encoding)) return Inflate.GUnzip(FromBase64(content), warn);
        // Raw gzip in YAML is a double-quoted text with escaped bytes: "\x1f\x8b...".
        return IsGZip(encoding) ? Inflate.GUnzip(Encoding.Latin1.GetBytes(content), warn) : Encoding.UTF8.GetBytes(content);
    }

    private static byte[] FromBase64(string content)
    {
        var (letters, padding) = (0, 0);
        foreach (var c in content)
        {
            if (c == '=') padding++;
            else if (!char.IsWhiteSpace(c)) letters++;
        }
        // Exact, because the content can take most of the memory that a config may take.
        var bytes = new byte[Math.Max(0, (letters + padding) / 4 * 3 - padding)];
        return Convert.TryFromBase64String(content, bytes, out var length) && length == bytes.Length ? bytes
            : throw new FormatException("content is not valid base64");
    }
}
