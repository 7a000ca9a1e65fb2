using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>
/// Moves the content of a directory that only root can change into a directory that other users may change. Uses descriptors of directories, so
/// no link is followed. A file replaces a file or a link. A directory is merged with an existing one and gives it its owner and mode.
/// </summary>
internal sealed class TreeMerge
{
    private readonly List<string> failures = [];

    /// <summary>The files that were not moved, with the reasons.</summary>
    internal IReadOnlyList<string> Failures => failures;

    /// <param name="from">Opened for reading.</param>
    /// <param name="to">May be opened with <see cref="OpenFlags.Path"/>.</param>
    internal void Run(FileHandle from, FileHandle to) => Run(from, to, user: 0);

    /// <param name="from">Opened for reading.</param>
    /// <param name="to">May be opened with <see cref="OpenFlags.Path"/>.</param>
    /// <param name="user">The owner of the last directory on the path that does not belong to root; 0: none.</param>
    private void Run(FileHandle from, FileHandle to, int user)
    {
        if (Syscall.FStat(to).Uid is not 0 and var owner) user = owner;
        foreach (var name in Syscall.ReadDirectory(Syscall.DescriptorPath(from)))
        {
            try { Entry(from, name, to, user); }
            catch (OperatorException e) { failures.Add(e.Problem); }
            catch (SyscallException e) { failures.Add(e.Message); }
        }
    }

    private void Entry(FileHandle from, string name, FileHandle to, int user)
    {
        if (Syscall.TryStatAt(from, name) is not { } status) return;
        var found = Syscall.TryStatAt(to, name);
        var isDirectory = status.Type == FileType.Directory;
        if (found is { } other && (other.Type == FileType.Directory) != isDirectory)
            throw new OperatorException($"{to.Path}/{name} is {(isDirectory ? "not a directory" : "a directory")}, unlike in the image", "remove it");
        if ((found is null || !isDirectory) && TryMove(from, name, to)) return;
        if (isDirectory) Directory(from, name, to, status, isNew: found is null, user);
        else FileCopy.Copy(from, name, to, status);
    }

    private void Directory(FileHandle from, string name, FileHandle to, FileStatus status, bool isNew, int user)
    {
        const int Private = Octal.O700;
        if (isNew) Syscall.MkDirAt(to, name, Private);
        using var source = Syscall.OpenAt(from, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
        using var target = Syscall.OpenAt(to, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
        // Same rule as the walker: from a directory of a user only to one of the same user or of root.
        if (Syscall.FStat(target).Uid is not 0 and var owner && user != 0 && owner != user)
            throw new OperatorException($"{target.Path} belongs to user {owner}, in a directory of user {user}", "remove it");
        Run(source, target, user);
        Syscall.FChOwn(target, status.Uid, status.Gid);
        Syscall.FChMod(target, status.Mode);
        ExtendedAttributes.Copy(source, target);
        Syscall.UTimes(target, status.MTimeNs);
    }

    /// <summary>False: on another file system.</summary>
    private static bool TryMove(FileHandle from, string name, FileHandle to)
    {
        try
        {
            Syscall.RenameAt(from, name, to, name);
            return true;
        }
        catch (SyscallException e) when (e.Errno == Errno.EXDEV) { return false; }
    }
}
