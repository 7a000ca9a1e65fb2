using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>
/// The end of a running system. systemd-shutdown unmounts what it can, makes /run/initramfs the root, moves the old root to /oldroot and
/// starts /shutdown there. Before: the image, its loop device and the state partition keep only each other busy. After: they are detached
/// and clean, and the machine goes down. https://systemd.io/INITRD_INTERFACE
/// </summary>
internal sealed class Shutdown(MessageLog logger)
{
    private const string OldRoot = "/oldroot", State = "/state";

    // Each round frees the mounts of the next one: the image's mount its loop device, the loop device the state partition.
    private const int MaxRounds = 10;

    /// <summary>Null where this process is not /shutdown.</summary>
    /// <param name="arguments">First the verb, then options of systemd-shutdown.</param>
    public static RebootCommand? Requested(string[] arguments) =>
        Syscall.TryStat(OldRoot) is null || arguments.Length == 0 ? null : arguments[0] switch
        {
            "poweroff" => RebootCommand.PowerOff,
            "halt" => RebootCommand.Halt,
            "kexec" => RebootCommand.KExec,
            "reboot" => RebootCommand.Restart,
            _ => null,
        };

    /// <summary>Does not return.</summary>
    public static void Run(RebootCommand command)
    {
        try
        {
            using var log = new BootLog();
            new Shutdown(log).UnmountAll();
        }
        catch (SyscallException) { } // the machine goes down anyway: a file system that stays mounted replays its journal later
        Syscall.Sync();
        Syscall.Reboot(command);
        // No kernel was loaded for kexec: a plain reboot is what was meant.
        Syscall.Reboot(RebootCommand.Restart);
    }

    // The state partition is mounted inside the root whose image it holds. It is moved out, so that the root can be unmounted first.
    private static void MoveStateOut()
    {
        // A mount that its parent shares with others cannot be moved.
        Syscall.Mount("none", "/", "", MountFlags.Private | MountFlags.Recursive, "");
        Syscall.MakeDirectories(State);
        Syscall.Mount(OldRoot + SystemPaths.State, State, "", MountFlags.Move, "");
    }

    private void UnmountAll()
    {
        if (MountTable.Find(OldRoot + SystemPaths.State) is not null) MoveStateOut();
        for (var round = 0; round < MaxRounds; round++)
        {
            var left = 0;
            var progress = false;
            var mounts = MountTable.Read();
            for (var i = mounts.Length - 1; i >= 0; i--)
            {
                if (!IsOurs(mounts[i])) continue;
                if (TryUnmount(mounts[i].MountPoint, lastTry: round == MaxRounds - 1)) progress = true;
                else left++;
            }
            if (left == 0 || !progress) break;
        }
        foreach (var mount in MountTable.Read())
            if (IsOurs(mount)) StillMounted(mount.MountPoint, mount.Source);
    }

    private static bool IsOurs(MountInfo mount) => MountPath.IsInside(mount.MountPoint, OldRoot) || mount.MountPoint == State;

    private static bool TryUnmount(string path, bool lastTry)
    {
        try
        {
            Syscall.Umount(path, lazily: lastTry);
            return true;
        }
        catch (SyscallException) { return false; } // busy: a later round unmounts it, or the log names it
    }

    private void StillMounted(string path, string source) =>
        logger.Write(LogLevel.Error, $"shutdown: {path} ({source}) could not be unmounted");
}
