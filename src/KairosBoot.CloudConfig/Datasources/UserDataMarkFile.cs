using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// The mark on COS_OEM that user-data was used from a volume. It is kept for the life of the machine: only <c>kboot reset --oem</c> removes
/// it, with everything else on COS_OEM.
/// </summary>
internal sealed class UserDataMarkFile
{
    internal const string FilePath = SystemPaths.Oem + SystemPaths.UserDataMark;
    private const string KairosDirectory = SystemPaths.Oem + SystemPaths.KairosUserData;
    private const int DirectoryMode = Octal.O755;

    // linux/magic.h: file systems that lose their content at a reboot.
    private const uint TMPFS_MAGIC = 0x01021994, RAMFS_MAGIC = 0x858458F6, OVERLAYFS_SUPER_MAGIC = 0x794C7630;

    /// <summary>The content of the mark; null: no mark, or an unreadable one.</summary>
    internal UserDataMark? Mark { get; private set; }

    /// <summary>User-data was used before, even if it is unknown which.</summary>
    internal bool IsMarked { get; private set; }

    /// <summary>Why the mark is unreadable; null: no mark, or a valid one.</summary>
    internal string? Problem { get; private init; }

    /// <summary>COS_OEM is mounted read-only. Without a mark, another volume could give user-data at the next boot.</summary>
    internal bool IsReadOnly { get; private init; }

    /// <summary>A mark would be kept until the next boot.</summary>
    internal bool Lasts { get; private init; }

    internal static UserDataMarkFile Read()
    {
        var (isMarked, mark, problem) = ReadMark();
        return new UserDataMarkFile
        {
            IsMarked = isMarked || Syscall.TryLStat(KairosDirectory) is not null, Mark = mark, Problem = problem,
            IsReadOnly = Syscall.IsReadOnly(SystemPaths.Oem) && IsPartition(), Lasts = IsLasting(),
        };
    }

    /// <summary>Call it after the user-data is on the disk. An existing mark of the same user-data is kept.</summary>
    /// <exception cref="SyscallException">Writing failed.</exception>
    /// <exception cref="OperatorException">Writing was refused.</exception>
    internal void Keep(UserDataMark mark)
    {
        if (IsMarked && (Mark is null || Mark.Sha256 == mark.Sha256)) return;
        using (var place = new PathWalker().Place(FilePath, new NewDirectories(DirectoryMode)))
        {
            using var file = new FileReplacement(place, FilePermissions.OwnerOnly, uid: 0, gid: 0);
            Syscall.WriteAll(file.File, Encoding.UTF8.GetBytes(mark.Write()));
            file.Commit(sync: ReplacementSync.Name);
        }
        (IsMarked, Mark) = (true, mark);
    }

    /// <summary>An unreadable mark counts as a mark. Otherwise damage, also on purpose, would allow new user-data.</summary>
    private static (bool IsMarked, UserDataMark? Mark, string? Problem) ReadMark()
    {
        try
        {
            using var file = new PathWalker().TryOpen(FilePath, followLast: false);
            if (file is null) return (false, null, null);
            var mark = UserDataMark.TryParse(Encoding.UTF8.GetString(BoundedFile.Read(file, ReadLimit.UserDataMark)));
            return (true, mark, mark is null ? $"{FilePath} does not name a volume" : null);
        }
        catch (Exception e) when (e is SyscallException or OperatorException) { return (true, null, e.Message); }
    }

    private static bool IsLasting()
    {
        using var oem = Syscall.TryOpen(SystemPaths.Oem, OpenFlags.Path | OpenFlags.Directory);
        return oem is not null && !Syscall.IsReadOnly(SystemPaths.Oem)
            && Syscall.FileSystemType(oem) is not (TMPFS_MAGIC or RAMFS_MAGIC or OVERLAYFS_SUPER_MAGIC);
    }

    /// <summary>True: a partition is mounted at /oem. False: /oem is a directory of the image, and the machine has no COS_OEM.</summary>
    private static bool IsPartition()
    {
        var isPartition = false;
        foreach (var mount in MountTable.Read())
            if (mount.MountPoint == SystemPaths.Oem) isPartition = mount.Root == "/";
        return isPartition;
    }
}
