using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Opens paths for root where somebody else may shape them: one component after the other, each by its directory's descriptor, so that nothing that is
/// exchanged meanwhile changes where a path leads.
/// <para>
/// The rule is the one of systemd-tmpfiles(8): from a directory or link that belongs to a user the path goes on only to what belongs to the same
/// user. Without it a user's link makes root change a file of the system. One step is exempt: to a directory of root on the same file system, which
/// only root can have put into the user's directory. Root's own links lead everywhere.
/// </para>
/// </summary>
/// <param name="root">Where absolute paths and absolute links start, and what ".." never leaves: <c>/</c>, or a system's root that is mounted elsewhere.</param>
/// <param name="ignoreOwners">True: the rule does not apply. For trees of which everything may come from one stranger, so that the root alone is a border.</param>
public sealed class PathWalker(string root = "/", bool ignoreOwners = false)
{
    private const int MaxLinks = 40; // as the kernel, path_resolution(7)

    /// <summary>Opens what a path leads to, without reading from it: the descriptor is good for the *at calls, for owner and mode, and for
    /// <see cref="Syscall.Reopen"/>. Null where nothing is at the path.</summary>
    /// <param name="path">Absolute, as seen from the root.</param>
    /// <param name="followLast">False: of a link at the end, the link itself.</param>
    /// <exception cref="OperatorException">The path is refused: who could lead root astray, and where.</exception>
    /// <exception cref="SyscallException">Other than ENOENT and ENOTDIR.</exception>
    public FileHandle? TryOpen(string path, bool followLast = true)
    {
        using var walk = new PathWalk(root, path, MaxLinks) { FollowsLast = followLast, IgnoresOwners = ignoreOwners };
        return walk.Run(null) ? walk.TakeCurrent() : null;
    }

    /// <summary>As <see cref="TryOpen"/>; ENOENT where nothing is there.</summary>
    public FileHandle Open(string path, bool followLast = true) => TryOpen(path, followLast) ?? throw new SyscallException("open", Shown(path), Errno.ENOENT);

    /// <summary>Where a file is, or would be created: the directory is open, and the name is no link that has to be followed.</summary>
    /// <param name="path">Absolute, as seen from the root. A link at its end is followed, existing target or not.</param>
    /// <param name="parents">How missing directories are created; null: they are ENOENT.</param>
    /// <param name="followLast">False: a link at the end is what will be replaced.</param>
    /// <exception cref="OperatorException">As for <see cref="TryOpen"/>.</exception>
    public FilePlace Place(string path, NewDirectories? parents = null, bool followLast = true)
    {
        using var walk = new PathWalk(root, path, MaxLinks) { StopsAtName = true, FollowsLast = followLast, IgnoresOwners = ignoreOwners };
        return walk.Run(parents) ? walk.TakePlace() : throw new SyscallException("open", Shown(path), walk.IsDirectory ? Errno.ENOENT : Errno.ENOTDIR);
    }

    /// <summary>As <see cref="Place"/>; null where a directory on the way is missing.</summary>
    public FilePlace? TryPlace(string path, NewDirectories? parents = null, bool followLast = true)
    {
        using var walk = new PathWalk(root, path, MaxLinks) { StopsAtName = true, FollowsLast = followLast, IgnoresOwners = ignoreOwners };
        return walk.Run(parents) ? walk.TakePlace() : null;
    }

    /// <summary>Opens a directory, created with its missing parents. ENOTDIR where something else is at the path.</summary>
    /// <param name="path">Absolute, as seen from the root.</param>
    /// <param name="directories">Mode and owner of what is created; a directory that exists keeps its own.</param>
    public FileHandle MakeDirectories(string path, NewDirectories directories)
    {
        using var walk = new PathWalk(root, path, MaxLinks) { IgnoresOwners = ignoreOwners };
        walk.Run(directories);
        return walk.IsDirectory ? walk.TakeCurrent() : throw new SyscallException("mkdir", Shown(path), Errno.ENOTDIR);
    }

    // As the process sees it.
    private string Shown(string path) => root == "/" ? path : root + path;
}

/// <summary>Mode and owner of directories that are created on the way.</summary>
/// <param name="Mode">Permission bits, whatever the umask is.</param>
/// <param name="Uid">Owner; in a user's own directory it is that user instead, so that the next walk finds a step that it may take.</param>
/// <param name="Gid">Group, likewise.</param>
public sealed record NewDirectories(int Mode, int Uid = 0, int Gid = 0)
{
    /// <summary>How many were created.</summary>
    public int Created { get; private set; }

    /// <param name="parent">Open.</param>
    /// <param name="status">Of the parent.</param>
    /// <param name="name">Nothing has it yet.</param>
    internal FileHandle Create(FileHandle parent, FileStatus status, string name)
    {
        // What is created in a user's directory belongs to the user from its first instant: then the step to it is one within the user's own, even where
        // the user has put something else in its place by now.
        using (FileUser.Become(status.Uid, status.Gid)) Syscall.MkDirAt(parent, name, Octal.O700);
        Created++;
        var made = Syscall.OpenAt(parent, name, OpenFlags.Path | OpenFlags.NoFollow | OpenFlags.Directory);
        try
        {
            // Something else may have the name by now. Of what belongs to somebody else no attribute changes.
            var owner = Syscall.FStat(made).Uid;
            if (owner != status.Uid && Syscall.GetEUid() == 0)
                throw new OperatorException($"{made.Path} was exchanged while it was created, and belongs to user {owner}", $"stop the program that changes {parent.Path}");
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
