using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Opens paths for root that other users can change: one component after another, each by the descriptor of its directory, so that a
/// concurrent replacement cannot change where a path leads.
/// <para>
/// The rule is that of systemd-tmpfiles(8): after a directory or link that belongs to a user, the path may only continue to files of the
/// same user. Otherwise a user's link could make root change a file of the system. One step is exempt: to a directory of root on the same
/// file system, which only root can have put into the user's directory. Links of root may lead anywhere.
/// </para>
/// </summary>
/// <param name="root">
/// Where absolute paths and absolute links start, and what ".." never leaves: <c>/</c>, or the root of a system that is mounted
/// elsewhere.
/// </param>
/// <param name="ignoreOwners">
/// True: the rule does not apply. For trees that come completely from an untrusted source, so that only the root is a border.
/// </param>
/// <param name="known">Where walks may start, and leave their directory for the next one; null: each walk starts at the root.</param>
public sealed class PathWalker(string root = "/", bool ignoreOwners = false, KnownDirectory? known = null)
{
    private const int MaxLinks = 40; // as in the kernel, path_resolution(7)

    /// <summary>
    /// Opens the file of a path, but not for reading: the descriptor is for the *at calls, for owner and mode, and for
    /// <see cref="Syscall.Reopen"/>. Null: nothing is at the path.
    /// </summary>
    /// <param name="path">Absolute, as seen from the root.</param>
    /// <param name="followLast">False: open a link at the end of the path itself.</param>
    /// <exception cref="OperatorException">
    /// The path is refused; the message names the user and the place that the path leads to.
    /// </exception>
    /// <exception cref="SyscallException">Other than ENOENT and ENOTDIR.</exception>
    public FileHandle? TryOpen(string path, bool followLast = true)
    {
        using var walk = new PathWalk(root, path, MaxLinks, known) { FollowsLast = followLast, IgnoresOwners = ignoreOwners };
        return walk.Run(null) ? walk.TakeCurrent() : null;
    }

    /// <summary>As <see cref="TryOpen"/>; ENOENT: nothing is at the path.</summary>
    public FileHandle Open(string path, bool followLast = true) =>
        TryOpen(path, followLast) ?? throw Syscall.Failed("open", Shown(path), Errno.ENOENT);

    /// <summary>The place of a file that exists or will be created. The directory is open, and the name is not a link to follow.</summary>
    /// <param name="path">Absolute, as seen from the root. A link at its end is followed even if its target does not exist.</param>
    /// <param name="parents">How to create missing directories; null: a missing one is ENOENT.</param>
    /// <param name="followLast">False: a link at the end is not followed, because the caller replaces it.</param>
    /// <exception cref="OperatorException">As for <see cref="TryOpen"/>.</exception>
    public FilePlace Place(string path, NewDirectories? parents = null, bool followLast = true)
    {
        using var walk = new PathWalk(root, path, MaxLinks, known)
        {
            StopsAtName = true, FollowsLast = followLast, IgnoresOwners = ignoreOwners,
        };
        return walk.Run(parents) ? walk.TakePlace()
            : throw Syscall.Failed("open", Shown(path), walk.IsDirectory ? Errno.ENOENT : Errno.ENOTDIR);
    }

    /// <summary>As <see cref="Place"/>; null: a directory on the way is missing.</summary>
    public FilePlace? TryPlace(string path, NewDirectories? parents = null, bool followLast = true)
    {
        using var walk = new PathWalk(root, path, MaxLinks, known)
        {
            StopsAtName = true, FollowsLast = followLast, IgnoresOwners = ignoreOwners,
        };
        return walk.Run(parents) ? walk.TakePlace() : null;
    }

    /// <summary>Opens a directory, creating it and its missing parents. ENOTDIR: something else is at the path.</summary>
    /// <param name="path">Absolute, as seen from the root.</param>
    /// <param name="directories">Mode and owner of new directories; an existing directory keeps its own.</param>
    public FileHandle MakeDirectories(string path, NewDirectories directories)
    {
        using var walk = new PathWalk(root, path, MaxLinks, known) { IgnoresOwners = ignoreOwners };
        walk.Run(directories);
        return walk.IsDirectory ? walk.TakeCurrent() : throw Syscall.Failed("mkdir", Shown(path), Errno.ENOTDIR);
    }

    // The path as this process sees it.
    private string Shown(string path) => root == "/" ? path : root + path;
}

/// <summary>Mode and owner of directories that are created on the way.</summary>
/// <param name="Mode">Permission bits, independent of the umask.</param>
/// <param name="Uid">Owner. In a user's own directory it is that user instead, so that the next walk may enter it.</param>
/// <param name="Gid">Group; the same exception.</param>
public sealed record NewDirectories(int Mode, int Uid = 0, int Gid = 0)
{
    /// <summary>Number of directories created.</summary>
    public int Created { get; private set; }

    /// <param name="status">Status of the parent.</param>
    /// <param name="name">A name that does not exist yet.</param>
    internal FileHandle Create(FileHandle parent, FileStatus status, string name)
    {
        // A directory created in a user's directory belongs to the user from the start. So the step to it stays within the user's own
        // files, even if the user has replaced it meanwhile.
        using (FileUser.Become(status.Uid, status.Gid)) Syscall.MkDirAt(parent, name, Octal.O700);
        Created++;
        var made = Syscall.OpenAt(parent, name, OpenFlags.Path | OpenFlags.NoFollow | OpenFlags.Directory);
        try
        {
            // The name may have been replaced meanwhile. Attributes of another owner's file are not changed.
            var owner = Syscall.FStat(made).Uid;
            if (owner != status.Uid && Syscall.GetEUid() == 0)
            {
                throw new OperatorException($"{made.Path} was replaced while it was created, and belongs to user {owner}",
                    $"stop the program that changes {parent.Path}");
            }
            if (status.Uid == 0) Syscall.ChOwn(made, Uid, Gid);
            Syscall.ChMod(made, Mode);
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }
}
