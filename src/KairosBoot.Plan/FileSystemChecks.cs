namespace KairosBoot.Plan;

/// <summary><c>fsck.mode=</c> as in systemd-fsck(8): check when it is due, always, or never.</summary>
public enum FsckMode { Auto, Force, Skip }

/// <summary><c>fsck.repair=</c> as in systemd-fsck(8): repair what is safe, everything, or nothing.</summary>
public enum FsckRepair { Preen, Yes, No }

/// <summary>Why a file system is checked.</summary>
/// <param name="text">The state of the file system as a predicate: <c>is flagged as having errors</c>.</param>
/// <param name="suspect">False: a check is due, but nothing indicates damage.</param>
public sealed class CheckReason(string text, bool suspect)
{
    public string Text => text;
    public bool Suspect => suspect;
}

/// <summary>When and how the owner of the machine wants file systems to be checked.</summary>
public sealed class FileSystemChecks(FsckMode mode, FsckRepair repair)
{
    public static readonly FileSystemChecks Default = new(FsckMode.Auto, FsckRepair.Preen);

    public FsckMode Mode => mode;
    public FsckRepair Repair => repair;

    /// <summary>Null: mount without a check. A journal to replay is no reason to check: the kernel replays it.</summary>
    public CheckReason? ReasonFor(Superblock superblock) => mode switch
    {
        FsckMode.Skip => null,
        _ when superblock.NeedsCheck is { } reason => new(reason, suspect: true),
        FsckMode.Force => new("is checked at every boot (fsck.mode=force)", suspect: false),
        _ when superblock.RoutineCheck is { } routine => new(routine, suspect: false),
        _ => null,
    };

    /// <summary>Options that every fsck.* program accepts; systemd-fsck(8) passes the same ones.</summary>
    /// <param name="force">Check even if the file system is marked clean.</param>
    public string Options(bool force) => (repair switch
    {
        FsckRepair.Preen => "-a",
        FsckRepair.Yes => "-y",
        FsckRepair.No => "-n",
        _ => throw new InvalidOperationException(),
    }) + (force ? " -f" : "");
}
