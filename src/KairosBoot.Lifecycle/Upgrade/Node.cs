using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>The machine under a container that has its root mounted and sees its processes.</summary>
public static class Node
{
    private const string Init = "/proc/1";
    private static readonly string[] Programs = ["/usr/sbin/reboot", "/sbin/reboot", "/usr/bin/reboot", "/bin/reboot"];
    private static readonly TimeSpan ToAsk = TimeSpan.FromMinutes(2);

    /// <summary>After: the container has the node's devices, and can ask it for a reboot.</summary>
    /// <param name="root">Where its root is mounted, with all below it.</param>
    /// <exception cref="OperatorException">The container is not one that could upgrade it.</exception>
    public static void Enter(string root)
    {
        if (Syscall.TryStat(root + "/proc") is null)
            throw new OperatorException($"the node's root is not mounted at {root}", "give the pod a hostPath volume of / there, as the system-upgrade-controller does, or set HOST_DIR to its mount point");
        if (!SameDirectory(root + "/", Init + "/root/"))
        {
            throw new OperatorException($"process 1 does not have its root at {root}, so it is not the node's init and cannot reboot the node",
                "set hostPID: true and privileged: true for the pod");
        }

        // A container's own has the devices of the time when it started, and no loop device that is made after that.
        if (!SameDirectory(root + "/dev", "/dev"))
            Syscall.Mount(root + "/dev", "/dev", "", MountFlags.Bind | MountFlags.Recursive, "");
    }

    /// <summary>Asks its init for a reboot, as the node's own program for that does.</summary>
    /// <exception cref="OperatorException">There is none, or it refuses.</exception>
    public static void Reboot()
    {
        Exception? failure = null;
        // The mounts of another process become those of one thread.
        var thread = new Thread(() =>
        {
            try
            {
                Ask();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
            throw new OperatorException($"the reboot of the node failed: {failure.Message}", "reboot the node by hand; the new image is in active");
    }

    private static void Ask()
    {
        using (var mounts = Syscall.Open(Init + "/ns/mnt", OpenFlags.ReadOnly)) Syscall.EnterMounts(mounts);
        var program = Programs.FirstOrDefault(path => Syscall.TryStat(path) is not null) ?? throw new FileNotFoundException("the node has no program reboot");
        var result = ChildProcess.Run(program, [], ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], ToAsk);
        if (result.ExitCode != 0 || result.TimedOut)
            throw new IOException($"{program} {(result.TimedOut ? $"did not end within {ToAsk.TotalMinutes} minutes" : $"ended with {result.ExitCode}")}: {result.Output.Trim()}");
    }

    private static bool SameDirectory(string one, string other) =>
        Syscall.TryStat(one) is { } a && Syscall.TryStat(other) is { } b && (a.Device, a.Inode) == (b.Device, b.Inode);
}
