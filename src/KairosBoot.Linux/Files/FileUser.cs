namespace KairosBoot.Linux;

/// <summary>
/// The calling thread accesses files as another user for as long as this lives: what it creates belongs to that user, and what that user may not
/// read or write is refused (EACCES). May be nested: the end of one gives the thread back to the user before it.
/// </summary>
public sealed class FileUser : IDisposable
{
    private readonly int uidBefore, gidBefore;
    private readonly int[] groupsBefore;

    private FileUser(int[] groups) => (groupsBefore, (uidBefore, gidBefore)) = (groups, Syscall.GetFileUser());

    /// <param name="uid">User. 0 changes nothing; nor does any other where the caller is not root, who has no choice.</param>
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
