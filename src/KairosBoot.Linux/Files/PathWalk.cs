using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// One walk of a <see cref="PathWalker"/>. Before: only the root is open. After: the end of the path is open, or its directory.
/// </summary>
internal sealed class PathWalk : IDisposable
{
    private readonly string root, path;
    private readonly Stack<string> names = new();
    private readonly FileStatus rootStatus;
    private readonly KnownDirectory? known;
    // Open at the known directory; the walk has not left it while this is the current directory.
    private FileHandle? atKnown;
    private int linksLeft;
    private FileHandle current;
    private FileStatus status;
    // The owner of the last directory or link on the way that does not belong to root; 0: all belong to root so far.
    private int user;
    private string userPath = "";
    // In a directory of the user, or in a directory of root below it: see the exemption in PathWalker.
    private bool isInUsersTree;
    private string lastName = ".";
    private FileStatus? found;

    internal PathWalk(string root, string path, int maxLinks, KnownDirectory? known = null)
    {
        (this.root, this.path, linksLeft, this.known) = (root, path, maxLinks, known);
        if (known?.TryEnter(path, out var rest) is { } entered)
        {
            Push(rest);
            current = atKnown = entered;
            (rootStatus, status) = known.Statuses;
            return;
        }
        Push(path);
        current = OpenRoot();
        status = rootStatus = Syscall.FStat(current);
        Note(rootStatus, current.Path);
    }

    /// <summary>False: do not follow a link at the end of the path.</summary>
    internal bool FollowsLast { get; init; } = true;

    /// <summary>The last name is a place to create or replace something: it is not opened.</summary>
    internal bool StopsAtName { get; init; }

    /// <summary>Allows a step to a file of any owner, because nothing outside the root can be reached.</summary>
    internal bool IgnoresOwners { get; init; }

    internal bool IsDirectory => status.Type == FileType.Directory;

    /// <summary>Walks to the end. False: something on the way is missing, or is not a directory.</summary>
    /// <param name="create">How to create missing directories; null: do not create them.</param>
    internal bool Run(NewDirectories? create)
    {
        SkipRootOnlyDirectories();
        while (names.TryPop(out var name))
        {
            if (!IsDirectory) return false;
            var isLast = names.Count == 0;
            if (name == "..")
            {
                Up();
                continue;
            }
            if (isLast && StopsAtName && (found = Syscall.TryStatAt(current, name)) is not { Type: FileType.Symlink })
            {
                lastName = name;
                return true;
            }
            var child = Syscall.TryOpenAt(current, name, OpenFlags.Path | OpenFlags.NoFollow);
            if (child is null && isLast && StopsAtName)
            {
                lastName = name;
                return true;
            }
            if (child is null && create is null) return false;
            child ??= create!.Create(current, status, name);
            if (StepTo(child, name, isLast)) return true;
        }
        return true;
    }

    /// <summary>
    /// Opens the leading directories that only root can change in one step: no other user can replace anything on that way. Most paths of
    /// configs start with such directories, and PID 1 walks many paths.
    /// </summary>
    private void SkipRootOnlyDirectories()
    {
        var prefix = "";
        var end = status;
        while (names.Count > 1 && IsRootOnly(end) && names.Peek() != "..")
        {
            var next = prefix.Length == 0 ? names.Peek() : $"{prefix}/{names.Peek()}";
            if (Syscall.TryStatAt(current, next) is not { Type: FileType.Directory, Uid: 0 } directory) break;
            (prefix, end) = (next, directory);
            names.Pop();
        }
        if (prefix.Length == 0) return;
        var opened = Syscall.OpenAt(current, prefix, OpenFlags.Path | OpenFlags.NoFollow | OpenFlags.Directory);
        if (known is not null)
        {
            known.Keep(atKnown is null ? prefix : $"{known.Path}/{prefix}", opened, rootStatus, end);
            atKnown = opened;
        }
        current.Dispose();
        (current, status) = (opened, end);
    }

    private static bool IsRootOnly(FileStatus directory) => directory.Uid == 0 && (directory.Mode & Octal.O022) == 0;

    /// <summary>Steps to the child. True: the walk ends before this name.</summary>
    private bool StepTo(FileHandle child, string name, bool isLast)
    {
        try
        {
            var found = Syscall.FStat(child);
            if (found.Type == FileType.Symlink && (FollowsLast || !isLast))
            {
                Check(found, child.Path);
                Follow(child, found);
                return false;
            }
            if (isLast && StopsAtName)
            {
                (lastName, this.found) = (name, found);
                return true;
            }
            Check(found, child.Path);
            isInUsersTree = user != 0 && (found.Uid == user || isInUsersTree);
            (current, child) = (child, current);
            (status, found) = (found, status);
            Note(status, current.Path);
            return false;
        }
        finally { child.Dispose(); }
    }

    private void Up()
    {
        // The root has no parent, even if it is the root of a system that is mounted elsewhere.
        if (status.Inode == rootStatus.Inode && status.Device == rootStatus.Device) return;
        var parent = Syscall.OpenAt(current, "..", OpenFlags.Path | OpenFlags.Directory);
        current.Dispose();
        current = parent;
        status = Syscall.FStat(current);
        isInUsersTree = false;
        Check(status, current.Path);
    }

    private void Follow(FileHandle link, FileStatus found)
    {
        if (linksLeft-- == 0) throw Syscall.Failed("open", path, Errno.ELOOP);
        var target = Syscall.ReadLink(link);
        Note(found, link.Path);
        if (target.StartsWith('/'))
        {
            current.Dispose();
            current = OpenRoot();
            status = rootStatus;
            isInUsersTree = false;
            Check(status, current.Path);
        }
        Push(target);
    }

    /// <summary>Refuses a step from something that belongs to a user to something that does not.</summary>
    private void Check(FileStatus next, string nextPath)
    {
        if (user == 0 || next.Uid == user || IgnoresOwners) return;
        if (next is { Type: FileType.Directory, Uid: 0 } && next.Device == status.Device && isInUsersTree) return;
        throw Refused(nextPath, next.Uid);
    }

    private OperatorException Refused(string nextPath, int nextUid) => new(
        $"{path} is not used: {userPath} belongs to user {user.ToString()} but leads to {nextPath}, "
            + $"which belongs to user {nextUid.ToString()}",
        "replace the link or directory of that user, or use a path that does not go through it");

    private void Note(FileStatus passed, string passedPath)
    {
        if (passed.Uid == 0) return;
        (user, userPath) = (passed.Uid, passedPath);
        if (passed.Type == FileType.Directory) isInUsersTree = true;
    }

    private void Push(string text)
    {
        var parts = PathParts.NamesOf(text);
        for (var i = parts.Length - 1; i >= 0; i--)
            if (parts[i] != ".") names.Push(parts[i]);
    }

    private FileHandle OpenRoot() => Syscall.Open(root, OpenFlags.Path | OpenFlags.Directory);

    internal FileHandle TakeCurrent()
    {
        var taken = current;
        current = new FileHandle(-1, "");
        return taken;
    }

    internal FilePlace TakePlace()
    {
        var isAtKnown = ReferenceEquals(current, atKnown);
        return new(TakeCurrent(), lastName, found, user, userPath) { Known = isAtKnown ? known : null };
    }

    public void Dispose() => current.Dispose();
}
