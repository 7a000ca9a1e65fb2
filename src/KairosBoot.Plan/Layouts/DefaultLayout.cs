using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// The layout of an image that has none: what Kairos' stock 00_rootfs.yaml writes, except for /usr/libexec. That directory is the image's
/// own code: a bind mount would hide the programs of the next image and break the fallback to this one.
/// </summary>
public static class DefaultLayout
{
    public static readonly OverlayBacking Overlay = new(OverlayBacking.DefaultLimit, null);

    public static readonly ImmutableArray<string> RwPaths = ["/var", "/etc", "/srv"];

    public static readonly ImmutableArray<VolumeRequest> Volumes =
        [new(DeviceRef.Label(SystemPaths.PersistentLabel), SystemPaths.Persistent)];

    public static readonly ImmutableArray<string> PersistentStatePaths =
    [
        "/etc/cni", "/etc/init.d", "/etc/iscsi", "/etc/k0s", "/etc/kubernetes", "/etc/modprobe.d", "/etc/pwx", "/etc/rancher",
        "/etc/runlevels", "/etc/ssh", "/etc/ssl/certs", "/etc/sysconfig", "/etc/systemd", "/etc/zfs", "/home", "/opt", "/root",
        "/var/cores", "/var/lib/ca-certificates", "/var/lib/cni", "/var/lib/containerd", "/var/lib/calico", "/var/lib/dbus",
        "/var/lib/etcd", "/var/lib/extensions", "/var/lib/confexts", "/var/lib/k0s", "/var/lib/kubelet", "/var/lib/longhorn",
        "/var/lib/osd", "/var/lib/rancher", "/var/lib/rook", "/var/lib/tailscale", "/var/lib/wicked", "/var/lib/kairos", "/var/log",
    ];

    /// <summary>RW_PATHS if a layout file names none: in recovery, and for images with a file that only sets OVERLAY.</summary>
    public static readonly ImmutableArray<string> RwPathsWithoutLayout = ["/etc", "/root", "/home", "/opt", "/srv", "/usr/local", "/var"];
}
