using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>The kernel's own file systems: mounted first, moved into the new root last.</summary>
public static class ApiFileSystems
{
    /// <summary>What systemd's mount-setup uses, so that it finds them done.</summary>
    public static readonly ImmutableArray<Step> Mounts =
    [
        new MountFileSystem(StepClass.Required, "proc", "/proc", "proc", "nosuid,nodev,noexec"),
        new MountFileSystem(StepClass.Required, "sysfs", "/sys", "sysfs", "nosuid,nodev,noexec"),
        new MountFileSystem(StepClass.Required, "devtmpfs", "/dev", "devtmpfs", "nosuid,mode=0755"),
        new MountFileSystem(StepClass.Required, "tmpfs", "/run", "tmpfs", "nosuid,nodev,mode=0755"),
    ];

    /// <summary>What the new root expects of an initrd: its shutdown program, and under /dev what an init other than systemd does not always mount.</summary>
    public static readonly ImmutableArray<Step> ForUserland =
    [
        // Degraded: without it the next shutdown leaves the image's loop device and the state partition in use.
        new CopyFile(StepClass.Degraded, "/init", SystemPaths.Shutdown, Octal.O755),
        new MountFileSystem(StepClass.Optional, "devpts", "/dev/pts", "devpts", "nosuid,noexec,gid=5,mode=0620,ptmxmode=0000"),
        new MountFileSystem(StepClass.Optional, "tmpfs", "/dev/shm", "tmpfs", "nosuid,nodev,mode=1777"),
    ];

    /// <summary>In the order in which they move.</summary>
    public static readonly ImmutableArray<string> Moved = ["/dev", "/proc", "/sys", "/run"];
}
