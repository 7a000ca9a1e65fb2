using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// The home directory of a user, which may not exist yet. It is given to the user only if no other user can have put it there: in a
/// directory that only root can write to, or in a directory of the user.
/// </summary>
internal sealed class HomeDirectory : IDisposable
{
    private readonly FilePlace place;
    private readonly FileStatus? existing;
    private readonly NewDirectories parents = new(FilePermissions.Directory);

    /// <param name="path">Absolute. Missing parents are created: root, 0755.</param>
    internal HomeDirectory(string path)
    {
        place = Directories.Walker.Place(path, parents);
        existing = place.Found;
    }

    /// <summary>The owner of an existing home that only root can have created there. 0: root, or it does not exist.</summary>
    internal int Owner => place.User == 0 && existing is { Type: FileType.Directory } home ? home.Uid : 0;

    /// <summary>The group of such a home; 0: root's.</summary>
    internal int Group => Owner > 0 ? existing!.Value.Gid : 0;

    /// <summary>Call it before any change. Throws <see cref="OperatorException"/> if the user cannot have this home.</summary>
    internal void Check(int uid)
    {
        if (place.User != 0 && place.User != uid)
            throw Refused($"it is in a directory of user {place.User}", uid, "set homedir to a path in a directory of root");
        if (existing is not { } home) return;
        if (home.Type != FileType.Directory) throw Refused("it is not a directory", uid, "remove it, or set another homedir");
        if (home.Uid == uid) return;
        if (home.Uid != 0)
            throw Refused($"it belongs to user {home.Uid}", uid, $"give it to user {uid}, or set another uid or homedir");
        if (place.IsSharedWithUsers)
            throw Refused("it belongs to root, but another user can have put it there", uid, $"give it to user {uid}, or remove it");
    }

    private OperatorException Refused(string reason, int uid, string fix) =>
        new($"{place.Path} cannot be the home of user {uid}: {reason}", fix);

    /// <summary>Creates the directory, or gives it to the user.</summary>
    internal void Make(int mode, int uid, int gid)
    {
        Check(uid);
        if (place.MakeDirectory(new NewDirectories(mode, uid, gid)))
        {
            RelabelList.Add(place.Path, parents.Created);
            return;
        }
        using var home = place.Open();
        var now = Syscall.FStat(home);
        if (now.Type != FileType.Directory || now.Uid != existing?.Uid)
            throw new OperatorException($"{place.Path} was replaced by another user", "run the stage again");
        if ((now.Uid, now.Gid) != (uid, gid)) Syscall.ChOwn(home, uid, gid);
    }

    public void Dispose() => place.Dispose();
}
