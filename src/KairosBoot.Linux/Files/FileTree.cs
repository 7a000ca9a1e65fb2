using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Whole directory trees of one file system. Every call uses the descriptor of a directory and one name in it: a user who replaces a
/// directory by a link cannot lead it out of the tree.
/// </summary>
public static class FileTree
{
    /// <summary>
    /// Copies a directory with its content: modes, owners, times, holes, extended attributes (including ACLs, labels and capabilities),
    /// links, devices and hard links within the tree. Does not cross into other file systems.
    /// </summary>
    /// <param name="from">Opened for reading.</param>
    /// <param name="directory">The directory of the copy; may be opened with <see cref="OpenFlags.Path"/>.</param>
    /// <param name="name">Name of the copy, which does not exist yet.</param>
    public static void Copy(FileHandle from, FileHandle directory, string name)
    {
        var root = Syscall.FStat(from);
        new TreeCopy(root.Device).Run(from, directory, name, root);
    }

    /// <summary>As <see cref="Copy"/> for one file, or for a directory without its content.</summary>
    public static void CopyOne(FileHandle fromDirectory, string from, FileHandle directory, string name)
    {
        var status = Syscall.StatAt(fromDirectory, from);
        if (status.Type != FileType.Directory)
        {
            TreeCopy.File(fromDirectory, from, directory, name, status);
            return;
        }
        using var source = Syscall.OpenDirectoryAt(fromDirectory, from);
        using var copy = TreeCopy.NewDirectory(directory, name);
        SetAttributes(source, copy, status);
    }

    /// <summary>
    /// Copies mode, owner, attributes and times of the first directory to the second one, and removes its other attributes. Both are
    /// opened for reading.
    /// </summary>
    public static void TakeAttributes(FileHandle from, FileHandle to)
    {
        ExtendedAttributes.RemoveOthers(from, to);
        SetAttributes(from, to, Syscall.FStat(from));
    }

    /// <summary>Creates a directory that only its owner can enter, and opens it for reading.</summary>
    public static FileHandle NewDirectory(FileHandle directory, string name) => TreeCopy.NewDirectory(directory, name);

    /// <summary>As <see cref="CopyOne"/>, for a file whose status is known.</summary>
    public static void CopyFile(FileHandle fromDirectory, string from, FileHandle directory, string name, FileStatus status) =>
        TreeCopy.File(fromDirectory, from, directory, name, status);

    /// <summary>Copies mode, owner, attributes and times to a new file.</summary>
    // Times last: all other calls change them.
    public static void SetAttributes(FileHandle from, FileHandle to, FileStatus status)
    {
        SetOwnerAndMode(to, status);
        ExtendedAttributes.Copy(from, to);
        Syscall.UTimes(to, status.MTimeNs);
    }

    /// <summary>Sets owner and mode of a new file.</summary>
    // Owner before mode: chown clears set-uid and set-gid. Each call costs a write to the journal.
    public static void SetOwnerAndMode(FileHandle to, FileStatus status)
    {
        var present = Syscall.FStat(to);
        var changesOwner = present.Uid != status.Uid || present.Gid != status.Gid;
        if (changesOwner) Syscall.FChOwn(to, status.Uid, status.Gid);
        if (changesOwner || present.Mode != status.Mode) Syscall.FChMod(to, status.Mode);
    }

    /// <summary>
    /// Like rm -rf for one name in a directory, within its file system. The name may be missing. A link is deleted, never followed.
    /// </summary>
    /// <param name="directory">May be opened with <see cref="OpenFlags.Path"/>.</param>
    /// <param name="name">One name in it.</param>
    /// <exception cref="SyscallException">Something could not be deleted; EBUSY: another file system is mounted inside.</exception>
    public static void Delete(FileHandle directory, string name) => new TreeDeletion().Run(directory, name);

    /// <summary>As <see cref="Delete(FileHandle, string)"/>, for paths that only root can change.</summary>
    public static void Delete(string path)
    {
        using var directory = Syscall.TryOpen(PathParts.ParentOf(path), OpenFlags.Path | OpenFlags.Directory);
        if (directory is not null) Delete(directory, PathParts.NameOf(path));
    }
}
