using System.Text;
using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>
/// Writes whole files so that a reader, or a power cut, finds the old content or the new, and secret content is never in a file that
/// more people may read than its final mode says. An old file keeps its inode's owner and mode whatever happens: the new one takes its name.
/// </summary>
internal static class AtomicFile
{
    /// <summary>A link at <paramref name="path"/> is followed as a <see cref="PathWalker"/> does, and stays; its target is replaced.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="content">All of it.</param>
    /// <param name="mode">Permission bits.</param>
    /// <param name="uid">Owner.</param>
    /// <param name="gid">Group.</param>
    /// <param name="parents">How missing directories are created; null: they are ENOENT.</param>
    internal static void Write(string path, ReadOnlySpan<byte> content, int mode, int uid, int gid, NewDirectories? parents = null)
    {
        using var place = Directories.Walker.Place(path, parents);
        Write(place, place.Found, content, mode, uid, gid);
    }

    /// <param name="place">Where a walk has found it.</param>
    /// <param name="existing">What was found there.</param>
    /// <param name="content">All of it.</param>
    /// <param name="mode">Permission bits.</param>
    /// <param name="uid">Owner.</param>
    /// <param name="gid">Group.</param>
    internal static void Write(FilePlace place, FileStatus? existing, ReadOnlySpan<byte> content, int mode, int uid, int gid)
    {
        if (existing is { Type: FileType.Directory }) throw new SyscallException("open", place.Path, Errno.EISDIR);
        if (existing is { Type: FileType.Fifo or FileType.Socket }) throw new FormatException($"{place.Path} is not a file");
        // Configs write the same files at every boot: what is the same already costs neither time nor flash.
        if (existing is { Type: FileType.Regular } file && IsAlready(place, file, content, mode, uid, gid)) return;
        if (existing is null or { Type: FileType.Regular } && TryReplace(place, content, mode, uid, gid, mayFail: existing is not null)) return;
        WriteInPlace(place, content, mode, uid, gid);
    }

    /// <summary>With the owner and mode that <see cref="Ownership"/> keeps; 0644 root for a new file.</summary>
    internal static void WriteKeepingOwner(FilePlace place, string content)
    {
        var existing = place.Found;
        var (uid, gid) = Ownership.Kept(place, existing);
        Write(place, existing, Encoding.UTF8.GetBytes(content), Ownership.KeptMode(place, existing, uid, gid, FilePermissions.File), uid, gid);
    }

    /// <summary>False for what says to be empty: a file of procfs says so too.</summary>
    private static bool IsAlready(FilePlace place, FileStatus file, ReadOnlySpan<byte> content, int mode, int uid, int gid)
    {
        if (content.IsEmpty || (file.Mode, file.Uid, file.Gid, file.Size) != (mode, uid, gid, content.Length)) return false;
        // Behind another name the content may change later.
        if (file.Links > 1 && place.IsSharedWithUsers) return false;
        try
        {
            // A regular file was there: now it waits for nobody even where a user has exchanged it.
            using var opened = Syscall.TryOpenAt(place.Directory, place.Name,
                OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal);
            if (opened is null || Syscall.FStat(opened) is not { Type: FileType.Regular } now || (now.Inode, now.Device) != (file.Inode, file.Device)) return false;
            var found = new byte[content.Length];
            return Syscall.PRead(opened, found, 0) == found.Length && content.SequenceEqual(found);
        }
        catch (SyscallException) { return false; }
    }

    /// <summary>False: this place takes no new file (procfs, sysfs, a file that is a mount point), so the old one must be written to.</summary>
    private static bool TryReplace(FilePlace place, ReadOnlySpan<byte> content, int mode, int uid, int gid, bool mayFail)
    {
        try
        {
            using var replacement = new FileReplacement(place, mode, uid, gid);
            Syscall.WriteAll(replacement.File, content);
            replacement.Commit();
            return true;
        }
        catch (SyscallException e) when
            (mayFail && e.Errno is Errno.EPERM or Errno.EACCES or Errno.ENOENT or Errno.EBUSY or Errno.EINVAL or Errno.EOPNOTSUPP)
        { return false; }
    }

    private static void WriteInPlace(FilePlace place, ReadOnlySpan<byte> content, int mode, int uid, int gid)
    {
        using var found = place.TryOpen() ?? throw new SyscallException("open", place.Path, Errno.ENOENT);
        var now = Syscall.FStat(found);
        if (now.Type is FileType.Directory or FileType.Fifo or FileType.Socket) throw new FormatException($"{place.Path} is not a file");
        if (now is { Type: FileType.Regular, Links: > 1 } && place.IsSharedWithUsers)
            throw new Plan.OperatorException($"{place.Path} of user {now.Uid} has another name, and a new file cannot take its place", "remove it");
        using var file = Syscall.Reopen(found, OpenFlags.WriteOnly | OpenFlags.Truncate | OpenFlags.NoControllingTerminal);
        // Who may not read the new content must be out before it comes.
        if ((now.Mode & ~mode) != 0) Syscall.FChMod(file, now.Mode & mode);
        if (now.Uid != uid || now.Gid != gid) Syscall.FChOwn(file, uid, gid);
        Syscall.WriteAll(file, content);
        if (now.Type == FileType.Regular && Syscall.FStat(file).Mode != mode) Syscall.FChMod(file, mode);
    }
}
