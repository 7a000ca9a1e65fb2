namespace KairosBoot.Plan;

/// <summary><c>fsck.mode=</c>, as systemd-fsck(8) has it: where it is due, always, never.</summary>
public enum FsckMode { Auto, Force, Skip }

/// <summary><c>fsck.repair=</c>, as systemd-fsck(8) has it: what is safe, everything, nothing.</summary>
public enum FsckRepair { Preen, Yes, No }

/// <summary>Why a file system is checked.</summary>
/// <param name="text">What it is or did: <c>is flagged as having errors</c>.</param>
/// <param name="suspect">False for a check that is merely due: nothing says that the file system is damaged.</param>
public sealed class CheckReason(string text, bool suspect)
{
    public string Text => text;
    public bool Suspect => suspect;
}

/// <summary>How the owner of the machine wants file systems checked.</summary>
public sealed class FileSystemChecks(FsckMode mode, FsckRepair repair)
{
    public static readonly FileSystemChecks Default = new(FsckMode.Auto, FsckRepair.Preen);

    public FsckMode Mode => mode;
    public FsckRepair Repair => repair;

    /// <summary>Null: mount it as it is. A journal to replay is no reason, the kernel does that.</summary>
    public CheckReason? ReasonFor(Superblock superblock) => mode switch
    {
        FsckMode.Skip => null,
        _ when superblock.NeedsCheck is { } reason => new(reason, suspect: true),
        FsckMode.Force => new("is to be checked at every boot (fsck.mode=force)", suspect: false),
        _ when superblock.RoutineCheck is { } routine => new(routine, suspect: false),
        _ => null,
    };

    /// <summary>Options every fsck.* program knows; systemd-fsck(8) gives the same.</summary>
    /// <param name="force">Check even what says it is clean.</param>
    public string Options(bool force) => (repair switch
    {
        FsckRepair.Preen => "-a",
        FsckRepair.Yes => "-y",
        FsckRepair.No => "-n",
        _ => throw new InvalidOperationException(),
    }) + (force ? " -f" : "");
}
