using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>The machine whose images change: this one, one whose root is mounted somewhere, or a disk of one that does not run.</summary>
public sealed class TargetSystem : IDisposable
{
    private const string LockFile = SystemPaths.Runtime + "/upgrade.lock";

    private readonly FileHandle held;
    private readonly string? givenState;

    private TargetSystem(string host, string? givenState, FileHandle held)
    {
        (Host, this.givenState, this.held) = (host, givenState, held);
        if (givenState is not null) return;
        IsRecovery = Syscall.TryStat($"{host}{SystemPaths.Sentinels}/recovery_mode") is not null;
        RunningImage = LoopDevice.BackingFile(Syscall.TryStat(host + "/")!.Value.Device, host + "/dev");
        if (RunningImage is null)
        {
            throw new OperatorException($"the root at {host}/ is not on a loop device, so the running image is unknown",
                "run it on a machine booted by kairos-boot, or give --host the mount point of its root; for the disk of another machine, give --state");
        }
    }

    /// <summary>Empty, or where the machine's root is mounted.</summary>
    public string Host { get; }

    /// <summary>The system that runs is that of the recovery partition.</summary>
    public bool IsRecovery { get; }

    /// <summary>Device and inode of the image that runs; null: none of this disk's.</summary>
    public (ulong Device, ulong Inode)? RunningImage { get; }

    /// <param name="host">Where the machine's root is mounted; null: it is this one's.</param>
    /// <param name="state">A mounted COS_STATE of a system that does not run; null: the machine's.</param>
    /// <exception cref="OperatorException">Another upgrade is at work, or this is no such machine.</exception>
    public static TargetSystem Open(string? host, string? state)
    {
        if (Syscall.GetEUid() != 0)
            throw new OperatorException("changing images requires root", "run sudo kboot ...");
        var root = host is null ? "" : Path.GetFullPath(host).TrimEnd('/');
        Syscall.MakeDirectories(Path.GetDirectoryName(root + LockFile)!);
        var held = Syscall.Open(root + LockFile, OpenFlags.ReadWrite | OpenFlags.Create, Octal.O600);
        try
        {
            return Syscall.TryLock(held) ? new TargetSystem(root, state, held)
                : throw new OperatorException("another upgrade, reset or installation is running on this machine", "wait until it ends, then run the command again");
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>COS_STATE, mounted.</summary>
    /// <exception cref="OperatorException">It is not there, or not the one that the running image is on.</exception>
    public StatePartition FindState()
    {
        if (givenState is not null) return StatePartition.Given(Path.GetFullPath(givenState));
        if (IsRecovery) return StatePartition.Find(Host);
        var place = Host + SystemPaths.State;
        return Syscall.TryStat(place)?.Device == RunningImage!.Value.Device ? StatePartition.Given(place)
            : throw new OperatorException($"the running image is not on the partition mounted at {place}", "mount COS_STATE of the boot disk at {place}");
    }

    /// <summary>COS_RECOVERY of the same disk, mounted.</summary>
    public StatePartition FindRecovery() => givenState is null ? StatePartition.Find(Host, SystemPaths.RecoveryLabel)
        : throw new OperatorException("the partition of --state has no recovery image", "run kboot upgrade --recovery on the machine itself, without --state");

    /// <summary>Where the layout mounts something on the image itself: nothing can make a directory there.</summary>
    public IReadOnlyList<string> MountPoints()
    {
        var mounts = (FileText.TryRead(Host + "/etc/fstab") ?? "").Split('\n')
            .Where(line => !line.StartsWith('#')).Select(line => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)).Where(fields => fields.Length >= 4)
            .Select(fields => fields[1].Replace(@"\040", " ").Replace(@"\011", "\t").Replace(@"\134", @"\")).Where(path => path.StartsWith('/') && path != "/").ToList();
        return givenState is not null ? [] : [.. mounts.Where(path => !mounts.Concat(ApiFileSystems.Moved).Any(other => other != path && MountPath.IsInside(path, other))
            && !ApiFileSystems.Moved.Contains(path))];
    }

    /// <summary>A directory with room for what is unpacked on the way: where the machine keeps its data.</summary>
    public string ScratchDirectory => Syscall.TryStat(Host + SystemPaths.Persistent) is { Type: FileType.Directory } && !Syscall.IsReadOnly(Host + SystemPaths.Persistent)
        && givenState is null ? Host + SystemPaths.Persistent : Path.GetTempPath();

    public void Dispose() => held.Dispose();
}
