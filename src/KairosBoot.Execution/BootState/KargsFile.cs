using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>
/// The machine's own kernel arguments on COS_STATE: those that a good boot has had, and those on trial beside them, which GRUB prefers but for a
/// slot's last try.
/// </summary>
/// <param name="state">Where COS_STATE is mounted.</param>
public sealed class KargsFile(string state)
{
    // Three lists of the most characters: anything longer is none.
    private const int MaxBytes = 64 * 1024;

    /// <summary>Those that a good boot has had.</summary>
    public Kargs Proven => Read(SystemPaths.Arguments) ?? new();

    /// <summary>Null: there are none on trial.</summary>
    public Kargs? Pending => Read(SystemPaths.PendingKargs);

    /// <summary>The last ones that were given up; null: there were none.</summary>
    public Kargs? GivenUp => Read(SystemPaths.RejectedKargs);

    /// <summary>Changes what the next boots are tried with.</summary>
    /// <exception cref="SyscallException">They cannot be written; they are as they were.</exception>
    public void Change(Func<Kargs, Kargs> change) => Locked(directory =>
    {
        var (proven, trial) = (Proven, Pending);
        var wanted = change(trial ?? proven);
        if (wanted.SameAs(trial ?? proven)) return;
        if (wanted.SameAs(proven)) Remove(SystemPaths.PendingKargs, directory);
        else StateFile.Replace(directory, StateFile.Name(SystemPaths.PendingKargs), (wanted with { Serial = 1 + LastSerial() }).Write());
    });

    /// <summary>A boot with these was good: they stay.</summary>
    /// <param name="serial">The boot's.</param>
    /// <returns>False: they were not on trial, or others are by now.</returns>
    public bool Keep(int serial) => Pending?.Serial == serial && MovePending(SystemPaths.Arguments);

    /// <summary>Boots with these failed, and one without them was good: they go.</summary>
    /// <returns>False: others are on trial by now.</returns>
    public bool GiveUp(int serial) => Pending?.Serial == serial && MovePending(SystemPaths.RejectedKargs);

    private bool MovePending(string place)
    {
        Locked(directory =>
        {
            Syscall.RenameAt(directory, StateFile.Name(SystemPaths.PendingKargs), directory, StateFile.Name(place));
            StateFile.Settle(directory);
        });
        return true;
    }

    private int LastSerial() => Math.Max(Proven.Serial, Math.Max(Pending?.Serial ?? 0, GivenUp?.Serial ?? 0));

    private void Remove(string name, FileHandle directory)
    {
        Syscall.UnlinkAt(directory, StateFile.Name(name));
        StateFile.Settle(directory);
    }

    private void Locked(Action<FileHandle> change)
    {
        using var directory = Syscall.Open(state, OpenFlags.ReadOnly | OpenFlags.Directory);
        Syscall.Lock(directory);
        MountedPartition.ChangeAt(At(SystemPaths.Arguments), () => change(directory));
    }

    private Kargs? Read(string name)
    {
        using var directory = Syscall.TryOpen(state, OpenFlags.Path | OpenFlags.Directory);
        if (directory is null) return null;
        using var file = StateFile.TryOpen(directory, StateFile.Name(name), out var status);
        if (file is null || status.Size is not (> 0 and <= MaxBytes)) return null;
        var bytes = new byte[status.Size];
        return Kargs.TryRead(bytes.AsSpan(0, Syscall.PRead(file, bytes, 0)));
    }

    private string At(string name) => state + name;
}
