using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>Makes directories with their missing parents.</summary>
internal static class Directories
{
    /// <summary>Every directory made gets exactly this mode and owner; those that are there keep theirs. False: nothing was to be made.</summary>
    internal static bool Make(string path, int mode, int uid, int gid)
    {
        if (Syscall.TryStat(path) is { } there)
            return there.Type == FileType.Directory ? false : throw new SyscallException("mkdir", path, Errno.ENOTDIR);
        var slash = path.LastIndexOf('/');
        if (slash > 0) Make(path[..slash], mode, uid, gid);
        Syscall.MkDir(path, mode & FilePermissions.OwnerOnly | 0b001_000_000);
        SetOwnerAndMode(path, mode, uid, gid);
        return true;
    }

    internal static void SetOwnerAndMode(string path, int mode, int uid, int gid)
    {
        Syscall.ChOwn(path, uid, gid);
        Syscall.ChMod(path, mode);
    }

    internal static void MakeParents(string path, int mode, int uid, int gid)
    {
        var slash = path.LastIndexOf('/');
        if (slash > 0) Make(path[..slash], mode, uid, gid);
    }

    /// <summary>Absolute, without a slash at its end. Throws <see cref="FormatException"/> for a relative or empty path.</summary>
    internal static string Normalize(string? path)
    {
        if (path is null || !path.StartsWith('/')) throw new FormatException(string.IsNullOrEmpty(path) ? "path is missing" : $"{path}: not an absolute path");
        var trimmed = path.TrimEnd('/');
        return trimmed.Length == 0 ? "/" : trimmed;
    }
}
