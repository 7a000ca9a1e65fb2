using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>The types of members. The types of headers that belong to a member (x, g, L, K, V) are read before.</summary>
internal static class TarTypes
{
    private static readonly (char Type, FileType File)[] Known =
    [
        ('0', FileType.Regular), ('\0', FileType.Regular), // the second one is V7's
        ('7', FileType.Regular), // a "contiguous" file, which Linux does not distinguish
        ('S', FileType.Regular), // sparse, in GNU tar's own format
        ('1', HardLink), ('2', FileType.Symlink), ('3', FileType.CharacterDevice), ('4', FileType.BlockDevice),
        ('5', FileType.Directory), ('6', FileType.Fifo),
        ('D', FileType.Directory), // GNU tar --incremental: the content is a list of names
    ];

    // A hard link is a name, not a type of file.
    private const FileType HardLink = FileType.Unknown;

    /// <summary>Types that change the meaning of a member, with what they are.</summary>
    private static readonly (char Type, string What)[] Refused =
    [
        ('M', "the continuation of a file from another volume"), ('N', "a list of names of an old GNU tar"),
        ('A', "an access control list of Solaris"), ('X', "a PAX header of Solaris"), ('I', "an inode of star without a file"),
    ];

    internal static bool IsHardLink(FileType type) => type == HardLink;

    /// <param name="type">The type in the header block.</param>
    /// <param name="name">The name of the member: in V7's format, only its last slash shows that it is a directory.</param>
    internal static FileType Of(char type, string name)
    {
        foreach (var row in Known)
        {
            if (row.Type == type)
            {
                return row.File != FileType.Regular || !name.EndsWith('/') ? row.File
                    : type != 'S' ? FileType.Directory : throw TarProblem.Damage("a sparse file has the name of a directory");
            }
        }

        var what = Array.Find(Refused, row => row.Type == type).What ?? "unknown";
        throw TarProblem.Refusal($"has the type '{ToolText.Show(type.ToString())}' ({what})", "pack it again: tar --format=posix");
    }
}
