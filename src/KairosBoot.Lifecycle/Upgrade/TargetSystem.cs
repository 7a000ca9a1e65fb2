using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>The machine whose images change: this one, one whose root is mounted here, or the disk of one that is not running.</summary>
public sealed class TargetSystem : IDisposable
{
    private const string LockFile = SystemPaths.Runtime + "/upgrade.lock";

    private readonly bool isRunning;
    private readonly List<FileHandle> locks = [];
    private StatePartition? recovery;

    private TargetSystem(string host)
    {
        (Host, isRunning) = (host, true);
        if (Syscall.TryStat(host + "/") is not { Type: FileType.Directory } root)
        {
            throw new OperatorException($"{host} {(Path.Exists(host) ? "is not a directory" : "does not exist")}",
                "give --host the mount point of the machine's root, with all mounts below it");
        }

        IsRecovery = Syscall.TryStat($"{host}{SystemPaths.Sentinels}/recovery_mode") is not null || IsAutoReset(host);
        RunningImage = LoopDevice.BackingFile(root.Device, host + "/dev");
        if (RunningImage is null)
        {
            throw new OperatorException($"the root at {host}/ is not on a loop device, so the running image is unknown",
                "run it on a machine booted by kairos-boot, or give --host the mount point of its root; for the disk of another " +
                "machine, give --state");
        }

        State = FindState();
    }

    // kairos.reset replaces the sentinel of the slot, in any slot: only recovery has its image next to the running one.
    private static bool IsAutoReset(string host) => Syscall.TryStat($"{host}{SystemPaths.Sentinels}/autoreset_mode") is not null
        && RecoveryImageOn(host + SystemPaths.State) is not null;

    /// <summary>Path of the recovery image on its partition; null: it has none.</summary>
    /// <param name="partition">Mount point.</param>
    internal static string? RecoveryImageOn(string partition) =>
        new[] { SystemPaths.RecoveryImage, SystemPaths.OtherRecoveryImage }.Select(path => partition + path)
            .FirstOrDefault(path => Syscall.TryStat(path) is not null);

    private TargetSystem(StatePartition given) => (Host, State) = ("", given);

    /// <summary>Mount point of the machine's root; empty: this system's root.</summary>
    public string Host { get; }

    /// <summary>The recovery system is running.</summary>
    public bool IsRecovery { get; }

    /// <summary>Device and inode of the running image; null: it is not on this disk.</summary>
    public (ulong Device, ulong Inode)? RunningImage { get; }

    /// <summary>Locks the machine against other upgrades.</summary>
    /// <param name="host">Mount point of the machine's root; null: this system's root.</param>
    /// <param name="state">Mount point of COS_STATE of a system that is not running; null: the machine's COS_STATE.</param>
    /// <exception cref="OperatorException">Another upgrade is running, or kairos-boot did not boot the machine.</exception>
    public static TargetSystem Open(string? host, string? state)
    {
        if (Syscall.GetEUid() != 0)
            throw new OperatorException("changing images requires root", "run sudo kboot ...");
        var target = state is not null ? new TargetSystem(Given(Path.GetFullPath(state)))
            : new TargetSystem(host is null ? "" : Path.GetFullPath(host).TrimEnd('/'));
        try
        {
            target.Lock();
            return target;
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }

    /// <summary>COS_STATE of the machine, mounted as long as this lives.</summary>
    public StatePartition State { get; }

    private static StatePartition Given(string state) =>
        Syscall.TryStat(state + "/cOS") is { Type: FileType.Directory } ? StatePartition.Given(state)
        : throw new OperatorException(
            $"{state} {(Path.Exists(state) ? "has no directory cOS, so it is not COS_STATE" : "does not exist")}",
            "give --state the mount point of COS_STATE");

    private StatePartition FindState()
    {
        if (IsRecovery) return StatePartition.Find(Host);
        var place = Host + SystemPaths.State;
        return Syscall.TryStat(place)?.Device == RunningImage!.Value.Device ? StatePartition.Given(place)
            : throw new OperatorException($"the running image is not on the partition mounted at {place}",
                $"mount COS_STATE of the boot disk at {place}");
    }

    // The directory of the images is locked: it is the same one for --host, for --state, and in a container. Older versions lock the file.
    private void Lock()
    {
        locks.Add(Syscall.Open(State.Path + "/cOS", OpenFlags.ReadOnly | OpenFlags.Directory));
        if (isRunning && Syscall.TryStat(Host + SystemPaths.Runtime) is { Type: FileType.Directory })
            locks.Add(Syscall.Open(Host + LockFile, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.NoFollow, Octal.O600));
        if (!locks.TrueForAll(Syscall.TryLock))
        {
            throw new OperatorException("another upgrade, reset or installation is running on this machine",
                "wait until it ends, then run the command again");
        }

        if (RunningWork.Enter(RunningWork.Change, Host) is { } change) locks.Add(change);
    }

    /// <summary>COS_RECOVERY of the same disk. It is mounted once, if necessary, and as long as this lives.</summary>
    /// <exception cref="OperatorException">The disk has none.</exception>
    public StatePartition Recovery => recovery ??= isRunning ? StatePartition.Find(Host, SystemPaths.RecoveryLabel)
        : throw new OperatorException("the partition of --state has no recovery image",
            "run kboot upgrade --recovery on the machine itself, without --state");

    /// <summary>Mount points of the layout that must exist in the image, because it is read-only.</summary>
    public IReadOnlyList<string> MountPoints()
    {
        var mounts = (FileText.TryRead(Host + "/etc/fstab") ?? "").Split('\n')
            .Where(line => !line.StartsWith('#')).Select(line => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
                .Where(fields => fields.Length >= 4)
            .Select(fields => fields[1].Replace(@"\040", " ").Replace(@"\011", "\t").Replace(@"\134", @"\"))
                .Where(path => path.StartsWith('/') && path != "/").ToList();
        return !isRunning ? []
            : [.. mounts.Where(path => !mounts.Concat(ApiFileSystems.Moved).Any(other => other != path && MountPath.IsInside(path, other))
            && !ApiFileSystems.Moved.Contains(path))];
    }

    /// <summary>A directory with space for temporary files: COS_PERSISTENT, if it is writable.</summary>
    public string ScratchDirectory =>
        Syscall.TryStat(Host + SystemPaths.Persistent) is { Type: FileType.Directory } && !Syscall.IsReadOnly(Host + SystemPaths.Persistent)
        && isRunning ? Host + SystemPaths.Persistent : Path.GetTempPath();

    public void Dispose()
    {
        // Before the partitions: an open directory would keep them mounted.
        locks.ForEach(file => file.Dispose());
        recovery?.Dispose();
        State.Dispose();
    }
}
