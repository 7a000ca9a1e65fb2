namespace KairosBoot.Plan;

/// <summary>Places that image builders, cloud-configs and operators rely on. One row each; a path literal belongs here.</summary>
public static class SystemPaths
{
    public const string Sysroot = "/sysroot";
    public const string State = "/run/initramfs/cos-state";
    /// <summary>Where systemd-shutdown looks for a program that can take the root away: this same one.</summary>
    public const string Shutdown = "/run/initramfs/shutdown";
    /// <summary>Where recovery is on its partition: the first, or where there is none of that name, the second.</summary>
    public const string RecoveryImage = "/cOS/recovery.squashfs", OtherRecoveryImage = "/cOS/recovery.img";
    public const string Sentinels = "/run/cos";
    public const string Overlays = "/run/overlay";
    public const string Oem = "/oem";
    public const string Persistent = "/usr/local";
    public const string PersistentState = "/usr/local/.state";
    /// <summary>What a machine was told by its provider: its name, keys, and user-data that goes nowhere else.</summary>
    public const string InstanceData = "/run/config";
    /// <summary>What our programs keep for as long as the machine runs.</summary>
    public const string Runtime = "/run/kairosboot";
    public const string Report = Runtime + "/report.json";
    public const string Log = Runtime + "/boot.log";
    /// <summary>On the OEM partition, or on that of the images: why boots failed that no good one has reported yet.</summary>
    public const string FailedBoots = "/kairosboot/failed-boots";
    /// <summary>The same, reported.</summary>
    public const string FailedBootsReported = "/kairosboot/failed-boots.reported";
    /// <summary>On the OEM partition: which volume the machine took its user-data from, a <see cref="Plan.UserDataMark"/>.</summary>
    public const string UserDataMark = "/kairosboot/userdata-taken";
    /// <summary>On the OEM partition: where the datasource entry of Kairos' images puts user-data.</summary>
    public const string KairosUserData = "/95_userdata";
    /// <summary>On the partition of the images: the boot counters, a GRUB environment block.</summary>
    public const string BootState = "/bootstate";
    /// <summary>On the partition of the images: the machine's own kernel arguments, GRUB environment blocks. Those that no good boot has had yet; and
    /// those that were given up.</summary>
    public const string Arguments = "/kargs", PendingKargs = "/kargs.new", RejectedKargs = "/kargs.failed";
    /// <summary>In an image: kernel arguments of its own, a GRUB environment block; and the files it is made of when the image is built.</summary>
    public const string ImageArguments = "/boot/kargs", ImageArgumentFiles = "/usr/lib/kairosboot/kargs.d";
    /// <summary>A line for whoever logs in, where another slot runs than the one that is to be first.</summary>
    public const string Motd = "/run/motd.d/kairosboot";
    /// <summary>The variable PATH of the image's programs, and of stages, which find /usr/bin first, as in Kairos.</summary>
    public const string ProgramPath = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", StagePath = "PATH=/usr/bin:/usr/sbin:/bin:/sbin";
    public const string Layout = "/run/cos/cos-layout.env";
    public const string ExtraLayout = "/run/cos/extra-layout.env";
    public const string CustomLayout = "/run/cos/custom-layout.env";

    /// <summary>File-system labels and partition labels of the disk.</summary>
    public const string StateLabel = "COS_STATE", RecoveryLabel = "COS_RECOVERY", OemLabel = "COS_OEM", PersistentLabel = "COS_PERSISTENT";

    /// <summary>Cloud-config directories in the order they are read. The slash at the end makes a symlinked directory count.</summary>
    public static readonly string[] CloudConfigs = ["/system/oem/", "/oem/", "/usr/local/cloud-config/"];

    /// <summary>A path that the initrd sees, as the running system will see it.</summary>
    public static string InNewRoot(string path) =>
        !MountPath.IsInside(path, Sysroot) ? path : path.Length == Sysroot.Length ? "/" : path[Sysroot.Length..];
}
