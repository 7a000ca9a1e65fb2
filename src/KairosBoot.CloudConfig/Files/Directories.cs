using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>Creates directories with their parents, and changes attributes of existing files. Uses a walker, never a path name.</summary>
internal static class Directories
{
    /// <summary>Starts at / of the calling process. A stage for another root has changed into it.</summary>
    internal static readonly PathWalker Walker = new();

    /// <summary>
    /// Creates missing directories with this mode and owner. In a directory of a user they belong to that user. Existing ones do not
    /// change.
    /// </summary>
    internal static void Make(string path, int mode, int uid, int gid)
    {
        using var made = Walker.MakeDirectories(path, new NewDirectories(mode, uid, gid));
    }

    /// <summary>
    /// Changes the file at a path, following links as the walker does. Throws <see cref="Plan.OperatorException"/> if another user could
    /// have put the file there.
    /// </summary>
    internal static void SetOwnerAndMode(string path, int mode, int uid, int gid)
    {
        using var place = Walker.Place(path);
        using var found = place.Open();
        var status = Syscall.FStat(found);
        if ((status.Mode, status.Uid, status.Gid) == (mode, uid, gid)) return;
        if (status is { Links: > 1, Type: not FileType.Directory } && place.IsSharedWithUsers)
        {
            throw new Plan.OperatorException(
                $"{place.Path} of user {status.Uid} has another hard link, so its owner and mode are not changed", "remove the file");
        }
        SetOwnerAndMode(found, mode, uid, gid);
    }

    /// <summary>Changes an open file of <see cref="FilePlace.TryOpen"/>.</summary>
    internal static void SetOwnerAndMode(FileHandle file, int mode, int uid, int gid)
    {
        // Owner before mode: chown clears set-uid and set-gid.
        Syscall.ChOwn(file, uid, gid);
        Syscall.ChMod(file, mode);
    }

    /// <summary>Returns the path without a slash at its end. Throws <see cref="FormatException"/> for a relative or empty path.</summary>
    internal static string Normalize(string? path)
    {
        if (path is null || !path.StartsWith('/'))
            throw new FormatException(string.IsNullOrEmpty(path) ? "path is missing" : $"{path}: not an absolute path");
        var trimmed = path.TrimEnd('/');
        return trimmed.Length == 0 ? "/" : trimmed;
    }
}
