namespace KairosBoot.CloudConfig;

/// <summary>User-data in a multipart message (RFC 2046), as some clouds send it. The boundary is fixed.</summary>
internal static class MimeMultipart
{
    private const string Boundary = "--MIMEBOUNDARY", Wanted = "text/cloud-config";

    /// <summary>The content of the first cloud-config part, or the whole text if it has none.</summary>
    internal static string CloudConfigOf(string text)
    {
        for (var start = BoundaryAt(text, 0); start >= 0; start = BoundaryAt(text, start + Boundary.Length))
        {
            var header = text.IndexOf('\n', start) + 1;
            if (header == 0 || BoundaryAt(text, header) is not (>= 0 and var end)) break;
            var part = text.AsSpan(header, end - header);
            var type = ReadOnlySpan<char>.Empty;
            while (part.IndexOf('\n') is >= 0 and var length)
            {
                var line = part[..length].TrimEnd('\r');
                part = part[(length + 1)..];
                if (line.IsEmpty) break;
                if (line.StartsWith("Content-Type:", StringComparison.OrdinalIgnoreCase)) type = line["Content-Type:".Length..].Trim();
            }
            // The line break before a boundary belongs to the boundary.
            if (type.SequenceEqual(Wanted)) return part.EndsWith("\r\n") ? part[..^2].ToString() : part.EndsWith("\n") ? part[..^1].ToString() : part.ToString();
        }
        return text;
    }

    /// <summary>Start of the next line that begins with the boundary; -1: none.</summary>
    private static int BoundaryAt(string text, int from)
    {
        for (var at = text.IndexOf(Boundary, from, StringComparison.Ordinal); at >= 0; at = text.IndexOf(Boundary, at + 1, StringComparison.Ordinal))
            if (at == 0 || text[at - 1] == '\n') return at;
        return -1;
    }
}
