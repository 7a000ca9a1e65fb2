using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>
/// The machine's own kernel arguments on COS_STATE: those that a good boot had, and pending ones, which GRUB uses instead except for a
/// slot's last try.
/// </summary>
/// <param name="state">Mount point of COS_STATE.</param>
public sealed class KargsFile(string state)
{
    /// <summary>Mount point of COS_STATE.</summary>
    public string State => state;

    // Enough for three lists of the maximum length: a longer file is invalid.
    private const int MaxBytes = 64 * 1024;

    /// <summary>The arguments that a good boot had.</summary>
    public Kargs Proven => Read(SystemPaths.Arguments) ?? new();

    /// <summary>The arguments that no good boot had yet; null: none.</summary>
    public Kargs? Pending => Read(SystemPaths.PendingKargs);

    /// <summary>The last arguments that were rejected; null: none.</summary>
    public Kargs? Rejected => Read(SystemPaths.RejectedKargs);

    /// <summary>Changes the pending arguments, which the next boots use.</summary>
    /// <exception cref="SyscallException">They cannot be written; they are unchanged.</exception>
    public void Change(Func<Kargs, Kargs> change) => Locked(directory =>
    {
        var (proven, trial) = (Proven, Pending);
        var wanted = change(trial ?? proven);
        if (wanted.SameAs(trial ?? proven)) return;
        if (wanted.SameAs(proven)) Remove(SystemPaths.PendingKargs, directory);
        else StateFile.Replace(directory, PathParts.NameOf(SystemPaths.PendingKargs), (wanted with { Serial = 1 + LastSerial() }).Write());
    });

    /// <summary>Keeps the pending arguments: a boot with them was good.</summary>
    /// <param name="serial">Serial of the arguments that the boot had.</param>
    /// <returns>False: they are not the pending ones, or no longer.</returns>
    public bool Keep(int serial) => Pending?.Serial == serial && MovePending(SystemPaths.Arguments);

    /// <summary>Rejects the pending arguments: boots with them failed, and one without them was good.</summary>
    /// <returns>False: other arguments are pending now.</returns>
    public bool Reject(int serial) => Pending?.Serial == serial && MovePending(SystemPaths.RejectedKargs);

    private bool MovePending(string place)
    {
        Locked(directory =>
        {
            Syscall.RenameAt(directory, PathParts.NameOf(SystemPaths.PendingKargs), directory, PathParts.NameOf(place));
            StateFile.Settle(directory);
        });
        return true;
    }

    private int LastSerial() => Math.Max(Proven.Serial, Math.Max(Pending?.Serial ?? 0, Rejected?.Serial ?? 0));

    private void Remove(string name, FileHandle directory)
    {
        Syscall.UnlinkAt(directory, PathParts.NameOf(name));
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
        using var file = StateFile.TryOpen(directory, PathParts.NameOf(name), out var status);
        if (file is null || status.Size is not (> 0 and <= MaxBytes)) return null;
        var bytes = new byte[status.Size];
        return Kargs.TryRead(bytes.AsSpan(0, Syscall.PRead(file, bytes, 0)));
    }

    private string At(string name) => state + name;
}
