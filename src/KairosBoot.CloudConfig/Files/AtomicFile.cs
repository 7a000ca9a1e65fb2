using System.Text;
using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>
/// Writes a whole file. A reader, also after a power cut, finds the old content or the new one, and the content is never readable for more
/// users than its final mode allows. The new file replaces the old one and keeps its extended attributes; mode and owner of the old one do
/// not change.
/// </summary>
internal static class AtomicFile
{
    /// <summary>Follows a link at <paramref name="path"/> as <see cref="PathWalker"/> does, and replaces its target.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="content">The whole content.</param>
    /// <param name="mode">Permission bits.</param>
    /// <param name="uid">Owner.</param>
    /// <param name="gid">Group.</param>
    /// <param name="parents">How to create missing directories; null: they are not created.</param>
    internal static void Write(string path, ReadOnlySpan<byte> content, int mode, int uid, int gid, NewDirectories? parents = null)
    {
        using var place = Directories.Walker.Place(path, parents);
        Write(place, place.Found, content, mode, uid, gid, parents);
    }

    /// <param name="place">The place that a walker has found.</param>
    /// <param name="existing">The existing file.</param>
    /// <param name="content">The whole content.</param>
    /// <param name="mode">Permission bits.</param>
    /// <param name="uid">Owner.</param>
    /// <param name="gid">Group.</param>
    /// <param name="parents">The directories that were created for it; null: none.</param>
    /// <param name="memory">Learns what changed; null: the caller's entry may change anything.</param>
    internal static void Write(
        FilePlace place, FileStatus? existing, ReadOnlySpan<byte> content, int mode, int uid, int gid, NewDirectories? parents = null,
        TreeMemory? memory = null)
    {
        if (existing is { Type: FileType.Directory }) throw new FormatException($"{place.Path} is a directory");
        if (existing is { Type: FileType.Fifo or FileType.Socket }) throw new FormatException($"{place.Path} is not a file");
        // Configs write the same files at every boot. An unchanged file is not written.
        if (existing is { Type: FileType.Regular } file && IsUnchanged(place, file, content, mode, uid, gid)) return;
        if (existing is null or { Type: FileType.Regular } && TryReplace(place, content, mode, uid, gid, isNew: existing is null))
        {
            memory?.Wrote(place);
            if (existing is null) RelabelList.Add(place.Path, parents?.Created ?? 0, memory);
            return;
        }
        memory?.Forget();
        WriteInPlace(place, content, mode, uid, gid);
    }

    /// <summary>Keeps owner and mode as <see cref="Ownership"/> allows. A new file gets root and 0644.</summary>
    internal static void WriteKeepingOwner(FilePlace place, string content) => WriteKeepingOwner(place, Encoding.UTF8.GetBytes(content));

    /// <inheritdoc cref="WriteKeepingOwner(FilePlace, string)"/>
    internal static void WriteKeepingOwner(FilePlace place, ReadOnlySpan<byte> content)
    {
        var existing = place.Found;
        var (uid, gid) = Ownership.Kept(place, existing);
        Write(place, existing, content, Ownership.KeptMode(place, existing, uid, gid, FilePermissions.File), uid, gid);
    }

    /// <summary>
    /// True: the file has this content, mode and owner. An empty content is false, because files of procfs have the size 0.
    /// </summary>
    private static bool IsUnchanged(FilePlace place, FileStatus file, ReadOnlySpan<byte> content, int mode, int uid, int gid)
    {
        if (content.IsEmpty || (file.Mode, file.Uid, file.Gid, file.Size) != (mode, uid, gid, content.Length)) return false;
        // With another name, its owner can change the content later.
        if (file.Links > 1 && place.IsSharedWithUsers) return false;
        try
        {
            // Non-blocking: a user may have replaced the regular file by a pipe.
            using var opened = Syscall.TryOpenAt(place.Directory, place.Name,
                OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal);
            if (opened is null || Syscall.FStat(opened) is not { Type: FileType.Regular } now) return false;
            if ((now.Inode, now.Device) != (file.Inode, file.Device)) return false;
            var found = new byte[content.Length];
            return Syscall.PRead(opened, found, 0) == found.Length && content.SequenceEqual(found);
        }
        catch (SyscallException) { return false; }
    }

    /// <summary>False: a new file is impossible here (procfs, sysfs, a mount point), so the existing one must be written.</summary>
    private static bool TryReplace(FilePlace place, ReadOnlySpan<byte> content, int mode, int uid, int gid, bool isNew)
    {
        try
        {
            using var replacement = new FileReplacement(place, mode, uid, gid) { IsNew = isNew };
            Syscall.WriteAll(replacement.File, content);
            replacement.Commit();
            return true;
        }
        catch (SyscallException e) when
            (!isNew && e.Errno is Errno.EPERM or Errno.EACCES or Errno.ENOENT or Errno.EBUSY or Errno.EINVAL or Errno.EOPNOTSUPP)
        { return false; }
    }

    private static void WriteInPlace(FilePlace place, ReadOnlySpan<byte> content, int mode, int uid, int gid)
    {
        using var found = place.Open();
        var now = Syscall.FStat(found);
        if (now.Type is FileType.Directory or FileType.Fifo or FileType.Socket) throw new FormatException($"{place.Path} is not a file");
        if (now is { Type: FileType.Regular, Links: > 1 } && place.IsSharedWithUsers)
        {
            throw new Plan.OperatorException($"{place.Path} of user {now.Uid} has another hard link and cannot be replaced by a new file",
                "remove the file");
        }
        using var file = Syscall.Reopen(found, OpenFlags.WriteOnly | OpenFlags.Truncate | OpenFlags.NoControllingTerminal);
        // First remove read permissions that the final mode does not have.
        if ((now.Mode & ~mode) != 0) Syscall.FChMod(file, now.Mode & mode);
        if (now.Uid != uid || now.Gid != gid) Syscall.FChOwn(file, uid, gid);
        Syscall.WriteAll(file, content);
        if (now.Type == FileType.Regular && Syscall.FStat(file).Mode != mode) Syscall.FChMod(file, mode);
    }
}
