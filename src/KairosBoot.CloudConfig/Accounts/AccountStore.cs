using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>
/// The account files while they are locked. All changes go through it: each file is read once and written once, in <see cref="Save"/>.
/// </summary>
internal sealed class AccountStore : IDisposable
{
    private readonly FileHandle? locked;
    private readonly List<AccountFile> files = [];
    private AccountIds? ids;

    private AccountStore(FileHandle? locked) => this.locked = locked;

    /// <exception cref="Plan.OperatorException">Another program has the files locked for too long.</exception>
    internal static AccountStore Open() => new(AccountLock.Take());

    internal AccountFile Passwd => File(AccountFile.Passwd);
    internal AccountFile Group => File(AccountFile.Group);
    internal AccountFile Shadow => File(AccountFile.Shadow);

    /// <summary>The ids of new rows of /etc/passwd and /etc/group.</summary>
    internal AccountIds Ids => ids ??= new AccountIds(this);

    internal AccountFile File(string path)
    {
        foreach (var file in files)
            if (file.Path == path) return file;
        var read = AccountFile.Read(path);
        files.Add(read);
        return read;
    }

    /// <summary>Writes the changed files.</summary>
    internal void Save(int line, string key, EntryRun run)
    {
        // First: an id that a row has is in the register.
        if (ids is not null)
        {
            try { ids.Save(); }
            catch (Exception e) when (e is SyscallException or Plan.OperatorException)
            {
                run.Warn(line, key, $"ids of new accounts may change at the next boot: {StageProblem.ReasonOf(e)}");
            }
            if (ids.Problem is { } problem) run.Warn(line, key, problem);
        }
        foreach (var file in files) run.Attempt(line, key, file.Save);
    }

    public void Dispose() => locked?.Dispose();
}
