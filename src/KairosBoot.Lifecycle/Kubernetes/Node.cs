using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>The machine that a container runs on. The container has the machine's root mounted and sees its processes.</summary>
public static class Node
{
    private const string Init = "/proc/1";

    /// <summary>Gives the container the node's devices, and checks that it can reboot the node.</summary>
    /// <param name="root">Mount point of the node's root, with all mounts below it.</param>
    /// <exception cref="OperatorException">The container lacks a mount or a privilege.</exception>
    public static void Enter(string root)
    {
        if (Syscall.TryStat(root + "/proc") is null)
        {
            throw new OperatorException($"the node's root is not mounted at {root}",
                "give the pod a hostPath volume of / there, as the system-upgrade-controller does, or set HOST_DIR to its mount point");
        }

        if (!SameDirectory(root + "/", Init + "/root/"))
        {
            throw new OperatorException($"process 1 does not have its root at {root}, so it is not the node's init and cannot reboot " +
                "the node",
                "set hostPID: true and privileged: true for the pod");
        }

        // The container's own /dev has only the devices that existed when it started, and no loop devices that are created later.
        if (!SameDirectory(root + "/dev", "/dev"))
            Syscall.Mount(root + "/dev", "/dev", "", MountFlags.Bind | MountFlags.Recursive, "");
    }

    /// <summary>Runs the node's own program reboot.</summary>
    /// <exception cref="OperatorException">The node has no such program, or it fails.</exception>
    public static void Reboot()
    {
        // Only one thread enters the mount namespace of the node's init.
        try { OwnThread.Run(RunReboot); }
        catch (Exception failure) when (failure is SyscallException or OperatorException)
        {
            throw new OperatorException($"the reboot of the node failed: {failure.Message}",
                "reboot the node by hand; the new image is in active");
        }
    }

    private static void RunReboot()
    {
        using (var mounts = Syscall.Open(Init + "/ns/mnt", OpenFlags.ReadOnly)) Syscall.EnterMounts(mounts);
        RebootProgram.Run();
    }

    private static bool SameDirectory(string one, string other) =>
        Syscall.TryStat(one) is { } a && Syscall.TryStat(other) is { } b && (a.Device, a.Inode) == (b.Device, b.Inode);
}
