namespace KairosBoot.CloudConfig;

/// <summary>
/// The parsed documents of config files, for one or more runs. Each pass reads the files again, because an entry may have written one. The
/// same text is not parsed again, because parsing takes most of the time of a stage without commands.
/// </summary>
public sealed class ConfigDocuments
{
    // The content is a text, or the bytes of a file, which take half the memory.
    private readonly Dictionary<string, (object Content, CloudConfigDocument Document)> parsed = [];

    /// <summary>As the other method, for the bytes of a file.</summary>
    internal CloudConfigDocument Of(string file, byte[] content, string stage, Finding report) =>
        parsed.TryGetValue(file, out var known) && known.Content is byte[] bytes && bytes.AsSpan().SequenceEqual(content) ? known.Document
            : Parse(file, content, ConfigEncoding.Decode(content), stage, report);

    /// <summary>Throws as <see cref="CloudConfigDocument.Parse"/> does, once for each text.</summary>
    /// <param name="file">Name of the file.</param>
    /// <param name="text">Its content.</param>
    /// <param name="stage">The pass whose entries are needed. Entries of other passes may be missing.</param>
    /// <param name="report">Gets each fault.</param>
    internal CloudConfigDocument Of(string file, string text, string stage, Finding report) =>
        parsed.TryGetValue(file, out var known) && known.Content is string other && other == text ? known.Document
            : Parse(file, text, text, stage, report);

    private CloudConfigDocument Parse(string file, object content, string text, string stage, Finding report)
    {
        // The next stage parses every file and reports its faults.
        if (stage.StartsWith("rootfs", StringComparison.Ordinal) && !MayHold(text, "rootfs")) return CloudConfigDocument.Empty;
        // If parsing fails, the fault is reported once and the file has no entries.
        parsed[file] = (content, CloudConfigDocument.Empty);
        var document = CloudConfigDocument.Parse(text, report);
        parsed[file] = (content, document);
        return document;
    }

    /// <summary>False: no key of the document starts with this word. These are all ways to write a letter in YAML.</summary>
    internal static bool MayHold(string text, string key)
    {
        foreach (var spelling in (ReadOnlySpan<string>)[key, @"\x", @"\u", @"\U", "\\\n", "\\\r"])
            if (text.Contains(spelling, StringComparison.Ordinal)) return true;
        return false;
    }
}
