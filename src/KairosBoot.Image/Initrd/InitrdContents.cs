using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;
using ZstdSharp;

namespace KairosBoot.Image;

/// <summary>The contents of an initrd.</summary>
/// <param name="FileSize">Size of the file in bytes.</param>
/// <param name="UnpackedSize">Size of the unpacked archive in bytes.</param>
/// <param name="Compression">Of its last compressed archive: <c>lz4</c>, <c>zstd</c>, <c>gzip</c>; <c>none</c>.</param>
/// <param name="Release">Kernel release of its modules; null if it has no modules.index.</param>
/// <param name="Files">Every file with its size, the largest first.</param>
/// <param name="DriversIn">Modules of the generic set in the initrd.</param>
/// <param name="DriversBuiltIn">Modules of the generic set that are built into the kernel.</param>
/// <param name="DriversOut">The other modules of the generic set.</param>
public sealed record InitrdContents(
    long FileSize,
    long UnpackedSize,
    string Compression,
    string? Release,
    IReadOnlyList<(string Name, long Size)> Files,
    IReadOnlyList<string> DriversIn,
    IReadOnlyList<string> DriversBuiltIn,
    IReadOnlyList<string> DriversOut)
{
    /// <summary>Number and size of the files by group: init, debug shell, index, modules, other files.</summary>
    public IEnumerable<(string Part, int Count, long Size)> Parts => Files
        .GroupBy(file => file.Name switch
        {
            "init" => "init",
            DebugShell.Name => "debug shell",
            _ when file.Name.EndsWith(".ko", StringComparison.Ordinal) => "modules",
            _ when file.Name.EndsWith("/modules.index", StringComparison.Ordinal) => "modules.index",
            _ => "other files",
        })
        .Select(part => (part.Key, part.Count(), part.Sum(file => file.Size)));

    /// <summary>It has the shell of kboot initrd build --debug-shell, which kairosboot.shell=always opens.</summary>
    public bool HasDebugShell => Files.Any(file => file.Name == DebugShell.Name);

    /// <summary>The number of its kairos-boot, as <see cref="InitrdFormat"/> has it; 0 also for another program.</summary>
    public int Format { get; init; }

    /// <summary>Its /init; null: it has none.</summary>
    internal ReadOnlyMemory<byte>? Init { get; init; }

    /// <summary>Its modules; null: it has no modules.index.</summary>
    internal ModuleIndex? Index { get; init; }

    /// <exception cref="OperatorException">The file is not a cpio archive, plain or compressed with lz4, zstd or gzip.</exception>
    public static InitrdContents Read(string path) => Parse(
        BoundedFile.TryRead(path, ReadLimit.Initrd) ?? throw new OperatorException($"{path} does not exist", "give the path of an initrd"),
        path);

    /// <summary>As <see cref="Read"/>, with the file's bytes.</summary>
    internal static InitrdContents Parse(byte[] file, string path)
    {
        try
        {
            var (entries, unpacked, compression) = Unpack(file);
            var files = entries.Where(entry => entry.IsFile).OrderByDescending(entry => entry.Content.Length)
                .ThenBy(entry => entry.Name, StringComparer.Ordinal).ToList();
            var indexFile = files.Find(entry => entry.Name.EndsWith("/modules.index", StringComparison.Ordinal));
            var index = indexFile is null ? null : ModuleIndex.Parse(Encoding.UTF8.GetString(indexFile.Content.Span));
            var drivers = ModuleSet.Read(InitrdRequest.DefaultModules).ToLookup(name => index?.LoadOrder(name)?.Count);
            var init = FindInit(entries)?.Content;
            return new InitrdContents(file.Length, unpacked, compression, index?.Release,
                files.Select(entry => (entry.Name, (long)entry.Content.Length)).ToList(),
                drivers.Where(group => group.Key > 0).SelectMany(group => group).Order(StringComparer.Ordinal).ToList(),
                drivers[0].ToList(), drivers[null].ToList())
            { Init = init, Format = InitrdFormat.Of(init is { } program ? program.Span : default), Index = index };
        }
        catch (Exception damage) when (damage is InvalidDataException or FormatException or ZstdException)
        {
            throw new OperatorException($"{path} cannot be read as an initrd: {damage.Message}",
                "give a cpio archive (newc), uncompressed or compressed with lz4, zstd or gzip");
        }
    }

    // A later archive replaces the files of an earlier one.
    private static CpioEntry? FindInit(List<CpioEntry> entries) => entries.FindLast(entry => entry is { IsFile: true, Name: "init" });

    // The kernel accepts several archives in a row, each compressed or not, with zeros between them.
    private static (List<CpioEntry> Entries, long Unpacked, string Compression) Unpack(ReadOnlyMemory<byte> file)
    {
        var entries = new List<CpioEntry>();
        long unpacked = 0;
        var compression = "none";
        while (!(file = TrimZeros(file)).IsEmpty)
        {
            if (InitrdPacking.TryUnpack(file) is var (content, packed, kind))
            {
                unpacked += ReadArchives(content, entries, all: true).Length;
                compression = kind.Word();
                file = file[packed..];
            }
            else
            {
                var (length, read) = ReadArchives(file, entries, all: false);
                unpacked += length;
                file = file[read..];
            }
        }

        return entries.Count > 0 ? (entries, unpacked, compression) : throw new InvalidDataException("it is empty");
    }

    // Archives that are not compressed: all of them, or the next one.
    private static (long Length, int Read) ReadArchives(ReadOnlyMemory<byte> file, List<CpioEntry> entries, bool all)
    {
        var rest = file;
        long unpacked = 0;
        do
        {
            var (archive, length) = CpioArchive.Read(rest);
            entries.AddRange(archive);
            unpacked += length;
            rest = TrimZeros(rest[Math.Min(length, rest.Length)..]);
        } while (all && !rest.IsEmpty);
        return (unpacked, file.Length - rest.Length);
    }

    private static ReadOnlyMemory<byte> TrimZeros(ReadOnlyMemory<byte> file)
    {
        var start = file.Span.IndexOfAnyExcept((byte)0);
        return start < 0 ? default : file[start..];
    }
}
