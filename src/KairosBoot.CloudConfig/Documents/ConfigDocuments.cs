using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>
/// The config files of one or more runs, and their parsed documents. Each pass looks at the files again if an entry may have written one.
/// The same content is not read or parsed again, because that takes most of the time of a stage without commands.
/// </summary>
public sealed class ConfigDocuments
{
    // Longer than the unit of time of any file system that Linux writes.
    private const long Settled = 3_000_000_000;

    private readonly Dictionary<string, Known> known = [];

    /// <summary>True: no other process runs that changes files. Then less is looked up again between two entries.</summary>
    public bool IsAlone { init => Memory.HasOthers = !value; }

    internal TreeMemory Memory { get; } = new();

    /// <summary>
    /// As <see cref="ConfigFiles.Find(string, Action{string, string})"/>; the same list as long as nothing can have changed.
    /// </summary>
    internal List<ConfigFile> Find(string source, Action<string, string> report)
    {
        if (Memory.Listings.TryGetValue(source, out var files)) return files;
        files = ConfigFiles.Find(source, report, out var isComplete);
        if (isComplete && !Memory.HasOthers) Memory.Listings[source] = files;
        return files;
    }

    /// <summary>Throws as <see cref="ConfigFiles.Read(string)"/>.</summary>
    internal byte[] Read(ConfigFile file, ReadLimit limit)
    {
        if (!file.IsRegular) return ConfigFiles.Read(file.Path, limit);
        known.TryGetValue(file.Path, out var before);
        if (before?.Kept(file, limit) is { } kept) return kept;
        if (before is not null) before.File = null;
        var content = BoundedFile.TryReadFound(file.Path, limit, out var status);
        if (content is null) return ConfigFiles.Read(file.Path, limit);
        if (!IsSettled(status)) return content;
        file.Keep(status);
        var now = Know(file.Path, content);
        now.File = file;
        return (byte[])now.Content;
    }

    // A file that has just changed can change once more within the same unit of its times.
    private static bool IsSettled(FileStatus status) =>
        Math.Max(status.CTimeNs, status.MTimeNs) < Syscall.UnixTimeSeconds() * 1_000_000_000 - Settled;

    /// <summary>As the other method, for the bytes of a file.</summary>
    internal CloudConfigDocument Of(string file, byte[] content, string stage, Finding report)
    {
        var document = Know(file, content);
        if (document.Parsed is { } parsed) return parsed;
        // The next stage parses every file and reports its faults.
        if (stage.StartsWith("rootfs", StringComparison.Ordinal))
        {
            document.IsPassedOver = document.IsPassedOver || !MayHold(content, "rootfs"u8);
            if (document.IsPassedOver) return CloudConfigDocument.Empty;
        }
        return document.Parse(ConfigEncoding.Decode(content), report);
    }

    /// <summary>Throws as <see cref="CloudConfigDocument.Parse"/> does, once for each text.</summary>
    /// <param name="file">Name of the file.</param>
    /// <param name="text">Its content.</param>
    /// <param name="report">Gets each fault.</param>
    internal CloudConfigDocument Of(string file, string text, Finding report)
    {
        var document = Know(file, text);
        return document.Parsed ?? document.Parse(text, report);
    }

    /// <summary>What is known of this content of a file.</summary>
    /// <param name="file">Name of the file.</param>
    /// <param name="content">A text, or the bytes of a file, which take half the memory.</param>
    private Known Know(string file, object content)
    {
        if (known.TryGetValue(file, out var before) && before.Has(content)) return before;
        return known[file] = new Known(content);
    }

    /// <summary>False: no key of the document starts with this word. These are all ways to write a letter in YAML.</summary>
    /// <param name="content">The document in any encoding.</param>
    /// <param name="key">ASCII.</param>
    internal static bool MayHold(ReadOnlySpan<byte> content, ReadOnlySpan<byte> key) =>
        content is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] || content.IndexOf(key) >= 0
        || content.Contains((byte)'\\') && (content.IndexOf(@"\x"u8) >= 0 || content.IndexOf(@"\u"u8) >= 0
            || content.IndexOf(@"\U"u8) >= 0 || content.IndexOf("\\\n"u8) >= 0 || content.IndexOf("\\\r"u8) >= 0);

    private sealed class Known(object content)
    {
        internal object Content => content;

        /// <summary>The file with this content, as it was when it was read; null: it may have changed meanwhile.</summary>
        internal ConfigFile? File { get; set; }

        /// <summary>Null: not parsed yet.</summary>
        internal CloudConfigDocument? Parsed { get; private set; }

        /// <summary>No key of the stage rootfs is in it, and that stage did not parse it.</summary>
        internal bool IsPassedOver { get; set; }

        internal bool Has(object other) => ReferenceEquals(content, other)
            || content is byte[] bytes && other is byte[] otherBytes && bytes.AsSpan().SequenceEqual(otherBytes)
            || content is string text && other is string otherText && text == otherText;

        /// <summary>The content, if the file has not changed since it was read.</summary>
        internal byte[]? Kept(ConfigFile file, ReadLimit limit)
        {
            if (File is null || content is not byte[] bytes || bytes.Length > limit.Bytes) return null;
            if (ReferenceEquals(File, file)) return bytes;
            if (Syscall.TryLStat(file.Path) is not { } now || !File.IsUnchanged(now)) return null;
            file.Keep(now);
            File = file;
            return bytes;
        }

        internal CloudConfigDocument Parse(string text, Finding report)
        {
            // If parsing fails, the fault is reported once and the file has no entries.
            Parsed = CloudConfigDocument.Empty;
            return Parsed = CloudConfigDocument.Parse(text, report);
        }
    }
}
