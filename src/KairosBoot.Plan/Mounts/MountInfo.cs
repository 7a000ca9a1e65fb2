using System.Collections.Immutable;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>One line of /proc/self/mountinfo; proc(5).</summary>
/// <param name="Root">Directory of the file system that is mounted: <c>/</c>, or a bind's source inside its file system.</param>
/// <param name="MountPoint">As seen by this process.</param>
/// <param name="Options">Options of this mount.</param>
/// <param name="Type">File-system type.</param>
/// <param name="Source">Device or name.</param>
/// <param name="FileSystemOptions">Options of the file system, the same for all its mounts.</param>
public sealed record MountInfo(string Root, string MountPoint, string Options, string Type, string Source, string FileSystemOptions = "")
{
    /// <summary>
    /// The file system itself is read-only, independent of this mount: it was mounted so, or the kernel found errors in it.
    /// </summary>
    public bool FileSystemReadOnly => IsReadOnly(FileSystemOptions);

    public bool ReadOnly => FileSystemReadOnly || IsReadOnly(Options);

    private static bool IsReadOnly(string options) => options == "ro" || options.StartsWith("ro,", StringComparison.Ordinal);

    /// <summary>In the kernel's order: later mounts cover earlier ones. Lines that are not mounts are ignored.</summary>
    public static ImmutableArray<MountInfo> Parse(string text)
    {
        var mounts = ImmutableArray.CreateBuilder<MountInfo>();
        var rest = text.AsSpan();
        MountInfo? last = null;
        while (rest.Length > 0)
            if (ParseLine(TextFields.Next(ref rest, '\n'), last) is { } mount) mounts.Add(last = mount);
        return mounts.ToImmutable();
    }

    /// <param name="line">Ids of the mount, its parent and its device; three fields; optional fields, a dash, three fields.</param>
    /// <param name="last">Options, type and source are often the same: then the texts of the last mount are used.</param>
    private static MountInfo? ParseLine(ReadOnlySpan<char> line, MountInfo? last)
    {
        for (var id = 0; id < 3; id++) TextFields.Next(ref line, ' ');
        var (root, point) = (Text(TextFields.Next(ref line, ' '), null), Text(TextFields.Next(ref line, ' '), null));
        var options = Text(TextFields.Next(ref line, ' '), last?.Options);
        while (line.Length > 0)
        {
            if (TextFields.Next(ref line, ' ') is not "-") continue;
            if (line.IndexOf(' ') < 0) return null;
            return new(root, point, options, Text(TextFields.Next(ref line, ' '), last?.Type),
                Text(TextFields.Next(ref line, ' '), last?.Source), Text(TextFields.Next(ref line, ' '), last?.FileSystemOptions));
        }
        return null;
    }

    private static string Text(ReadOnlySpan<char> field, string? last) => Unescape(TextFields.Text(field, last));

    private static string Unescape(string field)
    {
        if (!field.Contains('\\')) return field;
        var text = new StringBuilder();
        for (var i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 3 < field.Length) // space, tab, newline and backslash, as three octal digits
            {
                text.Append((char)((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 + (field[i + 3] - '0')));
                i += 3;
            }
            else
            {
                text.Append(field[i]);
            }
        }
        return text.ToString();
    }
}
