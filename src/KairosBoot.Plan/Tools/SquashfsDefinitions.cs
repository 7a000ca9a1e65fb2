using System.Globalization;

namespace KairosBoot.Plan;

/// <summary>
/// A pseudo file for <c>mksquashfs -pf</c>: the entries that the image gets in addition to the tree. A line feed ends a definition even in
/// quotes, a backslash at the end of a line joins the next one, and the content of a file is the output of a shell command. Here that
/// command is always <c>cat</c> with a generated name; the caller creates a file of that name in the directory in which mksquashfs runs.
/// </summary>
/// <param name="seconds">
/// Time of what is added, since 1970; null: mksquashfs takes the present time, or SOURCE_DATE_EPOCH if that is earlier. A time needs
/// squashfs-tools 4.5.
/// </param>
public sealed class SquashfsDefinitions(long? seconds = null)
{
    /// <summary>Bytes of a line without its line feed: MAX_LINE of squashfs-tools 4.4 and later, less the line feed.</summary>
    public const int MaxLineBytes = 16383;

    private const string Program = "mksquashfs";
    private readonly MemoryStream text = new();

    /// <summary>Number of lines.</summary>
    public int Count { get; private set; }

    public byte[] ToBytes() => text.ToArray();

    /// <param name="path">Like all paths here: without a leading slash.</param>
    /// <param name="mode">Permission bits.</param>
    public SquashfsDefinitions MakeDirectory(string path, int mode) => Add(path, $"{Type('d')} {Owner(mode, 0, 0)}");

    /// <param name="path">The link.</param>
    /// <param name="target">The rest of the line, which cannot be quoted.</param>
    public SquashfsDefinitions MakeLink(string path, string target) =>
        target.Length == 0 || char.IsWhiteSpace(target[0]) || target.EndsWith('\\')
            ? throw ToolText.Refused(target, "cannot be the target of a link that mksquashfs makes")
            : Add(path, $"{Type('s')} 777 0 0 {ToolText.RequirePlain(target, Program)}");

    /// <summary>Adds a file owned by root.</summary>
    /// <returns>Name of the file that must hold the content, in the directory in which mksquashfs runs.</returns>
    public string WriteFile(string path, int mode)
    {
        var source = $"content.{Count.ToString(CultureInfo.InvariantCulture)}";
        Add(path, $"{Type('f')} {Owner(mode, 0, 0)} cat {source}");
        return source;
    }

    public SquashfsDefinitions MakeFifo(string path, int mode, uint uid, uint gid) => Add(path, $"i {Owner(mode, uid, gid)} f");

    public SquashfsDefinitions MakeDevice(string path, bool isBlock, int mode, uint uid, uint gid, int major, int minor) =>
        Add(path, string.Create(CultureInfo.InvariantCulture, $"{(isBlock ? 'b' : 'c')} {Owner(mode, uid, gid)} {major} {minor}"));

    /// <summary>Sets mode and owner of a file in the tree.</summary>
    public SquashfsDefinitions Modify(string path, int mode, uint uid, uint gid) => Add(path, $"m {Owner(mode, uid, gid)}");

    private string Type(char type) => seconds is null ? type.ToString()
        : string.Create(CultureInfo.InvariantCulture, $"{char.ToUpperInvariant(type)} {seconds}");

    private SquashfsDefinitions Add(string path, string rest)
    {
        var name = ToolText.RequireMember(path, Program).Replace("\\", "\\\\").Replace("\"", "\\\"");
        text.Write(ToolText.RequireLine($"\"{name}\" {rest}", MaxLineBytes, Program));
        text.WriteByte((byte)'\n');
        Count++;
        return this;
    }

    private static string Owner(int mode, uint uid, uint gid) =>
        string.Create(CultureInfo.InvariantCulture, $"{Convert.ToString(mode, 8)} {uid} {gid}");
}
