using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// Where a user's home is or will be. It becomes that user's only where nobody else can have put it: in a directory that only root writes to, or in the
/// user's own.
/// </summary>
internal sealed class HomeDirectory : IDisposable
{
    private readonly FilePlace place;
    private readonly FileStatus? existing;

    /// <param name="path">Absolute. Its missing parents are created as root's, 0755.</param>
    internal HomeDirectory(string path)
    {
        place = Directories.Walker.Place(path, new NewDirectories(FilePermissions.Directory));
        existing = place.Found;
    }

    /// <summary>The owner of one that exists where only root can have put it; 0: root, or none exists.</summary>
    internal int Owner => place.User == 0 && existing is { Type: FileType.Directory } home ? home.Uid : 0;

    /// <summary>Before anything is changed: throws <see cref="OperatorException"/> where the user cannot have this home.</summary>
    internal void Check(int uid)
    {
        if (place.User != 0 && place.User != uid)
            throw Refused($"it is in a directory of user {place.User}", uid, "name a homedir below a directory of root");
        if (existing is not { } home) return;
        if (home.Type != FileType.Directory) throw new SyscallException("mkdir", place.Path, Errno.ENOTDIR);
        if (home.Uid == uid) return;
        if (home.Uid != 0)
            throw Refused($"it belongs to user {home.Uid}", uid, $"give it to user {uid}, or name another uid or homedir");
        if (place.IsSharedWithUsers)
            throw Refused("it belongs to root, and others can have put it there", uid, $"give it to user {uid}, or remove it");
    }

    private OperatorException Refused(string reason, int uid, string fix) => new($"{place.Path} is no home for user {uid}: {reason}", fix);

    /// <summary>Creates it, or gives it to the user.</summary>
    internal void Make(int mode, int uid, int gid)
    {
        Check(uid);
        if (place.MakeDirectory(new NewDirectories(mode, uid, gid))) return;
        using var home = place.TryOpen() ?? throw new SyscallException("mkdir", place.Path, Errno.ENOENT);
        var now = Syscall.FStat(home);
        if (now.Type != FileType.Directory || now.Uid != existing?.Uid) throw new OperatorException($"{place.Path} was exchanged", "try again");
        if ((now.Uid, now.Gid) != (uid, gid)) Syscall.ChOwn(home, uid, gid);
    }

    public void Dispose() => place.Dispose();
}
