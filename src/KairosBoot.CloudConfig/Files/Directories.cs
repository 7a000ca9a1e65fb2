using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>Creates directories with their missing parents, and changes attributes of what exists: all through one walker, never by path name.</summary>
internal static class Directories
{
    /// <summary>From / of the calling process: a stage that works on another root has changed into it.</summary>
    internal static readonly PathWalker Walker = new();

    /// <summary>Every directory that is created gets exactly this mode and owner, in a user's directory that user; those that exist keep theirs.</summary>
    internal static void Make(string path, int mode, int uid, int gid)
    {
        using var made = Walker.MakeDirectories(path, new NewDirectories(mode, uid, gid));
    }

    /// <summary>
    /// Of what exists at a path, links followed as the walker does. Of what belongs to somebody else than the user who could have put it there nothing
    /// changes: an <see cref="Plan.OperatorException"/>.
    /// </summary>
    internal static void SetOwnerAndMode(string path, int mode, int uid, int gid)
    {
        using var place = Walker.Place(path);
        using var found = place.TryOpen() ?? throw new SyscallException("open", path, Errno.ENOENT);
        var status = Syscall.FStat(found);
        if ((status.Mode, status.Uid, status.Gid) == (mode, uid, gid)) return;
        if (status is { Links: > 1, Type: not FileType.Directory } && place.IsSharedWithUsers)
            throw new Plan.OperatorException($"{place.Path} of user {status.Uid} has another name, so its owner and mode stay", "remove it");
        SetOwnerAndMode(found, mode, uid, gid);
    }

    /// <summary>Through a descriptor of <see cref="FilePlace.TryOpen"/>.</summary>
    internal static void SetOwnerAndMode(FileHandle file, int mode, int uid, int gid)
    {
        // Owner before mode: chown clears set-uid and set-gid.
        Syscall.ChOwn(file, uid, gid);
        Syscall.ChMod(file, mode);
    }

    /// <summary>Absolute, without a slash at its end. Throws <see cref="FormatException"/> for a relative or empty path.</summary>
    internal static string Normalize(string? path)
    {
        if (path is null || !path.StartsWith('/')) throw new FormatException(string.IsNullOrEmpty(path) ? "path is missing" : $"{path}: not an absolute path");
        var trimmed = path.TrimEnd('/');
        return trimmed.Length == 0 ? "/" : trimmed;
    }
}
