namespace KairosBoot.Linux;

/// <summary>
/// While this lives, the calling thread accesses files as another user: new files belong to that user, and files that the user may not
/// read or write are refused (EACCES). Can be nested: disposing restores the user before.
/// </summary>
public sealed class FileUser : IDisposable
{
    private readonly int uidBefore, gidBefore;
    private readonly int[] groupsBefore;

    private FileUser(int[] groups) => (groupsBefore, (uidBefore, gidBefore)) = (groups, Syscall.GetFileUser());

    /// <param name="uid">User. 0 changes nothing. A caller that is not root cannot change its user, so nothing happens.</param>
    /// <param name="gid">Primary group.</param>
    /// <param name="groups">Supplementary groups.</param>
    public static FileUser Become(int uid, int gid, ReadOnlySpan<int> groups = default)
    {
        if (uid == 0 || Syscall.GetEUid() != 0) return new FileUser([]);
        var user = new FileUser(Syscall.GetGroups()) { IsChanged = true };
        try { Syscall.SetFileUser(uid, gid, groups); }
        catch
        {
            user.Dispose();
            throw;
        }
        return user;
    }

    private bool IsChanged { get; init; }

    public void Dispose()
    {
        if (IsChanged) Syscall.SetFileUser(uidBefore, gidBefore, groupsBefore);
    }
}
