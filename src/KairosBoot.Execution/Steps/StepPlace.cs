using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>
/// Opens the places that steps name. A path in the new root is resolved in it: absolute links start there, not at the initrd's root. A
/// user's link never decides where a file system is mounted.
/// </summary>
internal static class StepPlace
{
    private const int DirectoryMode = Octal.O755;
    private static readonly OpenFlags Directory = OpenFlags.Path | OpenFlags.Directory;

    /// <summary>
    /// Opens a directory that users may have changed, with <see cref="OpenFlags.Path"/>. Null: no directory is at the path.
    /// </summary>
    /// <param name="path">Absolute, in the initrd.</param>
    /// <exception cref="OperatorException">
    /// A user's link or directory is on the way; the message names the user and the place that it leads to.
    /// </exception>
    internal static FileHandle? TryOpenDirectory(string path)
    {
        var direct = Syscall.TryOpenWithoutLinks(path, Directory, out var unclear);
        if (!unclear) return direct;
        var (walker, inside) = Walker(path);
        var found = walker.TryOpen(inside);
        if (found is null || Syscall.FStat(found).Type == FileType.Directory) return found;
        found.Dispose();
        return null;
    }

    /// <summary>As <see cref="TryOpenDirectory"/>, for reading: no directory has side effects.</summary>
    internal static FileHandle? TryOpenToRead(string path)
    {
        var flags = OpenFlags.ReadOnly | OpenFlags.Directory;
        var direct = Syscall.TryOpenWithoutLinks(path, flags, out var unclear);
        if (!unclear) return direct;
        using var found = TryOpenDirectory(path);
        return found is null ? null : Syscall.Reopen(found, flags);
    }

    /// <summary>Opens the mount point of a mount. Creates it if it is missing and the file system is writable.</summary>
    /// <exception cref="OperatorException">
    /// As above; a user's link leads elsewhere; or the directory is missing and the image is read-only.
    /// </exception>
    internal static FileHandle MountPoint(string path)
    {
        var direct = Syscall.TryOpenWithoutLinks(path, Directory, out _);
        if (direct is not null) return direct;
        var (walker, inside) = Walker(path);
        try
        {
            var made = walker.MakeDirectories(inside, new NewDirectories(DirectoryMode));
            if (made.Path == path || UserOnTheWay(walker, inside) is not (> 0 and var user)) return made;
            using (made) throw LinkOnTheWay(path, made, user);
        }
        catch (SyscallException e) when (e.Errno == Errno.EROFS) { throw MissingMountPoint(path); }
    }

    /// <summary>The place of a file that a step writes. A link of root at the end is followed.</summary>
    internal static FilePlace File(string path, bool followLast = true)
    {
        var (walker, inside) = Walker(path);
        return walker.Place(inside, new NewDirectories(DirectoryMode), followLast);
    }

    /// <summary>Opens a file with <see cref="OpenFlags.Path"/>; null: nothing is at the path.</summary>
    internal static FileHandle? TryOpenFile(string path)
    {
        var (walker, inside) = Walker(path);
        return walker.TryOpen(inside);
    }

    internal static FileHandle MakeDirectories(string path)
    {
        if (TryMakeBelowRoot(path) is { } made) return made;
        var (walker, inside) = Walker(path);
        return walker.MakeDirectories(inside, new NewDirectories(DirectoryMode));
    }

    /// <summary>
    /// The short way for a directory without links on the way, or a new one in a directory that only root can change. Null: take the
    /// long way.
    /// </summary>
    private static FileHandle? TryMakeBelowRoot(string path)
    {
        if (Syscall.TryOpenWithoutLinks(path, Directory, out var unclear) is { } existing) return existing;
        using var parent = unclear ? null : Syscall.TryOpenWithoutLinks(PathParts.ParentOf(path), Directory, out _);
        if (parent is null || Syscall.FStat(parent) is not { Uid: 0, Gid: 0, Mode: DirectoryMode }) return null;
        if (!Syscall.TryMkDirAt(parent, PathParts.NameOf(path), DirectoryMode)) return null;
        var made = Syscall.OpenAt(parent, PathParts.NameOf(path), Directory | OpenFlags.NoFollow);
        // The umask may have changed it.
        if (Syscall.FStat(made).Mode != DirectoryMode) Syscall.ChMod(made, DirectoryMode);
        return made;
    }

    private static (PathWalker Walker, string Path) Walker(string path) =>
        path.StartsWith(SystemPaths.Sysroot + "/", StringComparison.Ordinal)
            ? (new PathWalker(SystemPaths.Sysroot), path[SystemPaths.Sysroot.Length..])
            : (new PathWalker(), path);

    // A link that root put into the image leads where root wants. A link in a user's directory may be the user's.
    private static int UserOnTheWay(PathWalker walker, string inside)
    {
        using var place = walker.Place(inside);
        return place.User;
    }

    private static OperatorException LinkOnTheWay(string path, FileHandle made, int user) => new(
        $"nothing is mounted at {path}: a link of user {user.ToString()} is on the way, and would lead the mount to {made.Path}",
        "replace the link with a directory");

    private static OperatorException MissingMountPoint(string path)
    {
        var inImage = path.StartsWith(SystemPaths.Sysroot, StringComparison.Ordinal) ? path[SystemPaths.Sysroot.Length..] : path;
        return new($"mount point {inImage} is missing in the read-only image", $"create it when the image is built: mkdir -p {inImage}");
    }
}
