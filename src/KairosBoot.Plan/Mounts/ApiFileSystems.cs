using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>The kernel's own file systems: mounted first, moved into the new root last.</summary>
public static class ApiFileSystems
{
    /// <summary>The same options as in systemd's mount-setup, which then does not mount them again.</summary>
    public static readonly ImmutableArray<Step> Mounts =
    [
        new MountFileSystem(StepClass.Required, "proc", "/proc", "proc", "nosuid,nodev,noexec"),
        new MountFileSystem(StepClass.Required, "sysfs", "/sys", "sysfs", "nosuid,nodev,noexec"),
        new MountFileSystem(StepClass.Required, "devtmpfs", "/dev", "devtmpfs", "nosuid,mode=0755"),
        new MountFileSystem(StepClass.Required, "tmpfs", "/run", "tmpfs", "nosuid,nodev,mode=0755"),
    ];

    // systemd-shutdown makes /run/initramfs read-only before it mounts file systems there: its src/shutdown/shutdown.c, and switch_root in
    // src/shared/switch-root.c. The last one is for our own program.
    private static readonly ImmutableArray<string> MountPointsOfShutdown = ["dev", "oldroot", "proc", "run", "sys", "state"];

    /// <summary>
    /// What an init expects from an initrd: its shutdown program. Degraded: without it, the next shutdown cannot release the image's loop
    /// device and the state partition. It comes before anything is mounted below /run/initramfs.
    /// </summary>
    public static readonly ImmutableArray<Step> ForShutdown =
        [new KeepFile(StepClass.Degraded, "/init", SystemPaths.Kept, SystemPaths.Shutdown, MountPointsOfShutdown)];

    /// <summary>Mounts in /dev that the new root expects, and that inits other than systemd do not always make.</summary>
    public static readonly ImmutableArray<Step> ForUserland =
    [
        new MountFileSystem(StepClass.Optional, "devpts", "/dev/pts", "devpts", "nosuid,noexec,gid=5,mode=0620,ptmxmode=0000"),
        new MountFileSystem(StepClass.Optional, "tmpfs", "/dev/shm", "tmpfs", "nosuid,nodev,mode=1777"),
    ];

    /// <summary>In the order in which they are moved.</summary>
    public static readonly ImmutableArray<string> Moved = ["/dev", "/proc", "/sys", "/run"];
}
