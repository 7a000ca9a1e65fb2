using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>
/// The config files of one or more runs, and their parsed documents. Each pass looks at the files again, because an entry may have written
/// one. The same content is not read or parsed again, because that takes most of the time of a stage without commands.
/// </summary>
public sealed class ConfigDocuments
{
    // Longer than the unit of time of any file system that Linux writes.
    private const long Settled = 3_000_000_000;

    private readonly Dictionary<string, Known> parsed = [];
    private readonly Dictionary<string, ReadFile> read = [];

    /// <summary>True: no other process runs that changes files. Then less is looked up again between two entries.</summary>
    public bool IsAlone { init => Memory.HasOthers = !value; }

    internal TreeMemory Memory { get; } = new();

    /// <summary>Throws as <see cref="ConfigFiles.Read(string)"/>.</summary>
    internal byte[] Read(ConfigFile file, ReadLimit limit)
    {
        if (file.Status is { } now && read.TryGetValue(file.Path, out var known) && known.IsOf(now) && known.Content.Length <= limit.Bytes)
            return known.Content;
        read.Remove(file.Path);
        var content = ConfigFiles.Read(file.Path, limit);
        if (file.Status is { } status && IsSettled(status)) read[file.Path] = new(status, content);
        return content;
    }

    // A file that has just changed can change once more within the same unit of its times.
    private static bool IsSettled(FileStatus status) =>
        Math.Max(status.CTimeNs, status.MTimeNs) < Syscall.UnixTimeSeconds() * 1_000_000_000 - Settled;

    /// <summary>As the other method, for the bytes of a file.</summary>
    internal CloudConfigDocument Of(string file, byte[] content, string stage, Finding report)
    {
        // The content is a text, or the bytes of a file, which take half the memory.
        var isForRootfs = stage.StartsWith("rootfs", StringComparison.Ordinal);
        if (parsed.TryGetValue(file, out var known) && known.Content is byte[] bytes && bytes.AsSpan().SequenceEqual(content)
            && (isForRootfs || !known.IsPassedOver))
        {
            return known.Document;
        }

        // The next stage parses every file and reports its faults.
        if (!isForRootfs || MayHold(content, "rootfs"u8)) return Parse(file, content, ConfigEncoding.Decode(content), report);
        parsed[file] = new(content) { IsPassedOver = true };
        return CloudConfigDocument.Empty;
    }

    /// <summary>Throws as <see cref="CloudConfigDocument.Parse"/> does, once for each text.</summary>
    /// <param name="file">Name of the file.</param>
    /// <param name="text">Its content.</param>
    /// <param name="report">Gets each fault.</param>
    internal CloudConfigDocument Of(string file, string text, Finding report) =>
        parsed.TryGetValue(file, out var known) && known.Content is string other && other == text ? known.Document
            : Parse(file, text, text, report);

    private CloudConfigDocument Parse(string file, object content, string text, Finding report)
    {
        // If parsing fails, the fault is reported once and the file has no entries.
        parsed[file] = new(content);
        return parsed[file].Document = CloudConfigDocument.Parse(text, report);
    }

    /// <summary>False: no key of the document starts with this word. These are all ways to write a letter in YAML.</summary>
    /// <param name="content">The document in any encoding.</param>
    /// <param name="key">ASCII.</param>
    internal static bool MayHold(ReadOnlySpan<byte> content, ReadOnlySpan<byte> key) =>
        content is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] || content.IndexOf(key) >= 0 || content.IndexOf(@"\x"u8) >= 0
        || content.IndexOf(@"\u"u8) >= 0 || content.IndexOf(@"\U"u8) >= 0 || content.IndexOf("\\\n"u8) >= 0
        || content.IndexOf("\\\r"u8) >= 0;

    private sealed class ReadFile(FileStatus status, byte[] content)
    {
        // Not all of the status: there may be thousands of files.
        private readonly long changed = status.CTimeNs, written = status.MTimeNs, size = status.Size;
        private readonly ulong inode = status.Inode, device = status.Device;

        public byte[] Content => content;

        public bool IsOf(FileStatus now) =>
            changed == now.CTimeNs && written == now.MTimeNs && size == now.Size && inode == now.Inode && device == now.Device;
    }

    private sealed class Known(object content)
    {
        public object Content => content;

        public CloudConfigDocument Document { get; set; } = CloudConfigDocument.Empty;

        /// <summary>No key of the stage rootfs is in it, and it was not parsed.</summary>
        public bool IsPassedOver { get; init; }
    }
}
