namespace KairosBoot.Linux;

public enum FileType { Unknown, Regular, Directory, Symlink, BlockDevice, CharacterDevice, Fifo, Socket }

/// <summary>stat(2) of one file.</summary>
/// <param name="Type">From the S_IFMT bits.</param>
/// <param name="Mode">Permission bits with set-uid, set-gid and sticky: 07777.</param>
/// <param name="Uid">Owner.</param>
/// <param name="Gid">Group.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Links">Hard links.</param>
/// <param name="Inode">Inode number.</param>
/// <param name="Device">Device the file is on, as st_dev encodes it.</param>
/// <param name="RDevice">Device number of a device node, as st_rdev encodes it.</param>
/// <param name="MTimeNs">Last change of the content, nanoseconds since 1970.</param>
public readonly record struct FileStatus(
    FileType Type, int Mode, int Uid, int Gid, long Size, long Links, ulong Inode, ulong Device, ulong RDevice, long MTimeNs)
{
    /// <summary>Bytes that it occupies on the disk: fewer than <see cref="Size"/> if it has holes.</summary>
    public long Allocated { get; init; }

    /// <summary>Last change of content or attributes, nanoseconds since 1970. Unlike <see cref="MTimeNs"/> no program can set it.</summary>
    public long CTimeNs { get; init; }

    /// <summary>
    /// Equal texts are names of the same file; null: it has only one name. The inode alone is not enough: an overlay consists of several
    /// file systems.
    /// </summary>
    public string? HardLink => Links > 1 && Type != FileType.Directory ? $"{Device:x}:{Inode:x}" : null;
}
