using System.Diagnostics;
using KairosBoot.Linux.Tests.Stages;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.Upgrade;

/// <summary>
/// An installed system as a node of a cluster: processes of its own, the first of which has the system's root as its root, and containers
/// as a privileged pod
/// with the node's root and processes is one. The node's program for reboots writes down that it was called, and ends the containers, as a
/// shutdown does.
/// </summary>
internal sealed class InstalledNode : IDisposable
{
    private const string BusyBox = "/usr/local/bin/busybox", Container = "/usr/local/container";

    // In addition to the root: the mounts of every container. Its /dev has the devices of its start, and no loop device.
    private const string Contain = """
        set -e
        mount --make-rprivate /
        mount --bind $0 $0
        mount -t proc proc $0/proc
        mount --rbind /sys $0/sys
        for d in dev run tmp; do mount -t tmpfs tmpfs $0/$d; done
        mknod $0/dev/null c 1 3; mknod $0/dev/loop-control c 10 237; mknod $0/dev/urandom c 1 9
        [ -z "$MOUNTED" ] || { mkdir -p $0/$MOUNTED; mount --rbind / $0/$MOUNTED; }
        exec chroot $0 "$@"
        """;

    private readonly InstalledSystem system;
    private readonly Process unshare;
    private readonly string init;

    internal InstalledNode(InstalledSystem system)
    {
        this.system = system;
        Directory.CreateDirectory(system.Host + "/usr/local/bin");
        File.Copy("/usr/bin/busybox", system.Host + BusyBox);
        // Its applets by their names.
        foreach (var applet in (string[])["chroot", "killall", "mkdir", "mknod",
            "mount"])
        {
            File.CreateSymbolicLink($"{system.Host}/usr/local/bin/{applet}", "busybox");
        }

        unshare = KBoot.Start("/usr/bin/unshare", "--pid", "--fork", "--kill-child", "--mount", "--propagation", "private", "/bin/sh",
            "-ec",
            $"mount -t proc proc $0/proc; cd $0; pivot_root . mnt; {BusyBox} umount -l /mnt; echo up; exec {BusyBox} sh -c 'while :; do " +
            $"{BusyBox} sleep 1000; done'", system.Host);
        Assert.Equal("up", unshare.StandardOutput.ReadLine());
        init = File.ReadAllText($"/proc/{unshare.Id}/task/{unshare.Id}/children").Trim();
    }

    /// <summary>Directory for the container's tree.</summary>
    internal string Tree => system.Host + Container;

    /// <summary>How often the node was asked to reboot.</summary>
    internal int Reboots => File.Exists(system.Host + "/run/reboots") ? File.ReadAllLines(system.Host + "/run/reboots").Length : 0;

    /// <summary>Gives the node a program for reboots.</summary>
    internal void AddReboot(string script = "echo reboot >> /run/reboots; killall -TERM suc-upgrade")
    {
        var directory = system.Host + "/usr/local/sbin";
        Directory.CreateDirectory(directory);
        File.WriteAllText(directory + "/reboot", $"#!{BusyBox} sh\nPATH=/usr/local/bin\n{script}\n");
        AtPath.ChMod(directory + "/reboot", Octal.O755);
        InNode("mount --bind /usr/local/sbin /sbin");
    }

    /// <summary>Runs a container and waits for its end.</summary>
    /// <param name="command">The command in the container.</param>
    /// <param name="mounted">Mount point of the node's root in it; empty: not mounted.</param>
    /// <param name="hostProcesses">It sees the node's processes.</param>
    /// <param name="environment"><c>NAME=VALUE</c>.</param>
    internal (int Code, string Output, string Errors) Run(IEnumerable<string> command, string mounted = "host", bool hostProcesses = true,
        string environment = "X=")
    {
        string[] apart = hostProcesses ? ["-m"] : ["-m", "-p", "-f"];
        return KBoot.RunWith("", "/usr/bin/nsenter",
            ["--target", init, "--pid", "--mount", BusyBox, "env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin",
            "MOUNTED=" + mounted, environment,
            BusyBox, "unshare", .. apart, BusyBox, "sh", "-c", Contain, Container, .. command]);
    }

    public void Dispose()
    {
        unshare.Kill();
        unshare.WaitForExit();
        unshare.Dispose();
    }

    private void InNode(string command) =>
        MountNamespace.Tool("nsenter", "--target", init, "--mount", BusyBox, "sh", "-ec", "PATH=/usr/local/bin; " + command);
}
