using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>
/// Work that a reboot must not cut. Each piece holds a shared lock as long as it runs; the kernel drops the lock of a process that dies.
/// </summary>
public static class RunningWork
{
    /// <summary>A cloud-config stage; an upgrade, an installation or a reset.</summary>
    public const string Stage = SystemPaths.Runtime + "/stage.lock", Change = SystemPaths.Runtime + "/change.lock";

    /// <summary>Registers a piece of work until the result is disposed. Null: kairos-boot did not start this system.</summary>
    /// <param name="kind"><see cref="Stage"/> or <see cref="Change"/>.</param>
    /// <param name="host">Mount point of the machine's root; empty: this system's root.</param>
    public static FileHandle? Enter(string kind, string host = "")
    {
        if (Syscall.TryStat(host + SystemPaths.Runtime) is not { Type: FileType.Directory }) return null;
        var file = Open(host + kind);
        Syscall.LockShared(file);
        return file;
    }

    /// <summary>True: work of this kind is running.</summary>
    public static bool Exists(string kind)
    {
        // One question at a time: the lock of one would look like work to another.
        using var turn = Open(kind + ".asking");
        Syscall.Lock(turn);
        using var file = Open(kind);
        return !Syscall.TryLock(file);
    }

    private static FileHandle Open(string kind) =>
        Syscall.Open(kind, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.NoFollow, Octal.O600);
}
