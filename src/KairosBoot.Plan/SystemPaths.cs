namespace KairosBoot.Plan;

/// <summary>Paths that image builders, cloud-configs and operators rely on. All path literals belong here.</summary>
public static class SystemPaths
{
    public const string Sysroot = "/sysroot";
    public const string State = "/run/initramfs/cos-state";
    /// <summary>The program that systemd-shutdown starts after it has unmounted the root: kairos-boot.</summary>
    public const string Shutdown = "/run/initramfs/shutdown";

    /// <summary>The directory of the initrd that is not freed at the hand-over; later it is /run/initramfs.</summary>
    public const string Kept = "/kept";
    /// <summary>The recovery image on its partition: the first path, or the second one if the first does not exist.</summary>
    public const string RecoveryImage = "/cOS/recovery.squashfs", OtherRecoveryImage = "/cOS/recovery.img";
    /// <summary>In recovery from a squashfs: the image alone, and its partition. kairos-agent reset copies from the first one.</summary>
    public const string LiveRoot = "/run/rootfsbase", LiveMedium = "/run/initramfs/live";
    /// <summary>System extensions: extensions/SLOT/NAME.raw and confexts/SLOT/NAME.raw.</summary>
    public const string Extensions = "/var/lib/kairos";
    /// <summary>In an image: the program that reads the booted slot from /proc/cmdline.</summary>
    public const string KairosAgent = "/usr/bin/kairos-agent";
    /// <summary>On the OEM partition: Kairos' options of the boot menu, a GRUB environment block.</summary>
    public const string KairosEnvironment = Oem + "/grubenv";
    /// <summary>In an image: Kairos' kernel arguments, a script of GRUB.</summary>
    public const string KairosArguments = "/etc/cos/bootargs.cfg";
    /// <summary>Scripts that only Kairos' boot menu executes, where a running system finds them.</summary>
    public static readonly string[] KairosMenuFiles = [State + "/grubcustom", Oem + "/grubcustom", State + "/grubmenu", Oem + "/grubmenu"];
    /// <summary>Where support scripts of Kairos look for the logs of the boot.</summary>
    public const string FormerLogs = "/run/immucore";
    public const string Sentinels = "/run/cos";
    public const string Overlays = "/run/overlay";
    public const string Oem = "/oem";
    public const string Persistent = "/usr/local";
    public const string PersistentState = "/usr/local/.state";
    /// <summary>On COS_PERSISTENT: user and group ids of the accounts that cloud-configs declare.</summary>
    public const string AccountIds = PersistentState + "/.kairosboot/accounts";
    /// <summary>Paths of files that got no SELinux label of the image's policy when they were created, one a line.</summary>
    public const string Relabel = Runtime + "/relabel";
    /// <summary>Data of the machine from its provider: host name, keys, and user-data that has no other place.</summary>
    public const string InstanceData = "/run/config";
    /// <summary>Files that kairos-boot and kboot keep until the machine is shut down.</summary>
    public const string Runtime = "/run/kairosboot";
    public const string Report = Runtime + "/report.json";
    /// <summary>What every user may know about the boot: a <see cref="BootSummary"/>.</summary>
    public const string Summary = Runtime + "/summary";
    /// <summary>Exists while recovery runs because a volume failed: the reason.</summary>
    public const string VolumeFailure = Runtime + "/volume-failure";
    /// <summary>Exists if operators held this boot up, with keys, breaks or a shell: for how many seconds.</summary>
    public const string HeldSeconds = Runtime + "/held-seconds";
    /// <summary>Shown at login if COS_PERSISTENT is left out of this boot.</summary>
    public const string LeftOutMotd = "/run/motd.d/kairosboot-persistent";
    /// <summary>In the initrd: the shell that kboot initrd build --debug-shell packs.</summary>
    public const string DebugShell = "/debug-shell/sh";
    public const string Log = Runtime + "/boot.log";
    /// <summary>Exists until the stage first-boot has ended without an error: the path of its mark.</summary>
    public const string FirstBoot = Runtime + "/first-boot";
    /// <summary>On the OEM partition or on COS_STATE: failed boots that no good boot has reported yet.</summary>
    public const string FailedBoots = "/kairosboot/failed-boots";
    /// <summary>The same records after a good boot has reported them.</summary>
    public const string FailedBootsReported = "/kairosboot/failed-boots.reported";
    /// <summary>On the OEM partition: the last boots that were marked good.</summary>
    public const string GoodBoots = "/kairosboot/good-boots";
    /// <summary>On the OEM partition: the volume that the machine's user-data came from, a <see cref="Plan.UserDataMark"/>.</summary>
    public const string UserDataMark = "/kairosboot/userdata-taken";
    /// <summary>On the OEM partition: where the datasource entry of Kairos' images stores user-data.</summary>
    public const string KairosUserData = "/95_userdata";
    /// <summary>On COS_STATE: the boot counters, a GRUB environment block.</summary>
    public const string BootState = "/bootstate";
    /// <summary>On COS_STATE: the reset that recovery does at its next boot, a <see cref="Plan.ResetRequest"/>.</summary>
    public const string ResetRequest = "/reset-request";
    /// <summary>
    /// On COS_STATE: the machine's own kernel arguments, GRUB environment blocks: those that a good boot had, those that none had yet,
    /// and those that were rejected.
    /// </summary>
    public const string Arguments = "/kargs", PendingKargs = "/kargs.new", RejectedKargs = "/kargs.failed";
    /// <summary>
    /// In an image: its own kernel arguments, a GRUB environment block, and the files that the image build generates it from.
    /// </summary>
    public const string ImageArguments = "/boot/kargs", ImageArgumentFiles = "/usr/lib/kairosboot/kargs.d";
    /// <summary>
    /// In an image: nothing in it marks its boots good, so kairos-boot does. On COS_STATE: the same for the images whose ids are file names
    /// in this directory.
    /// </summary>
    public const string Unassessed = "/usr/lib/kairosboot/no-assessment", UnassessedImages = "/cOS/no-assessment";
    /// <summary>The owner's checks: <c>kboot assess good</c> runs these programs first.</summary>
    public const string HealthChecks = "/etc/kairosboot/health.d";
    /// <summary>Exists if this boot was marked good.</summary>
    public const string GoodMark = Runtime + "/good";
    /// <summary>A line that is shown at login when another slot runs than the first in the order.</summary>
    public const string Motd = "/run/motd.d/kairosboot";
    /// <summary>The directories of a system's programs, in the order in which they are searched.</summary>
    public static readonly string[] ProgramDirectories = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
    /// <summary>The same directories for stages: scripts in cloud-configs find /usr/bin first, as in Kairos.</summary>
    public static readonly string[] StageDirectories = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];
    public const string Layout = "/run/cos/cos-layout.env";
    public const string ExtraLayout = "/run/cos/extra-layout.env";
    public const string CustomLayout = "/run/cos/custom-layout.env";

    /// <summary>File-system labels and partition labels of the disk.</summary>
    public const string StateLabel = "COS_STATE", RecoveryLabel = "COS_RECOVERY", OemLabel = "COS_OEM", PersistentLabel = "COS_PERSISTENT";

    /// <summary>
    /// Cloud-config directories in the order in which they are read. The slash at the end makes sure that a symlinked directory is
    /// followed.
    /// </summary>
    public static readonly string[] CloudConfigs = ["/system/oem/", "/oem/", "/usr/local/cloud-config/"];

    /// <summary>The variable PATH of the image's programs.</summary>
    public static string ProgramPath => "PATH=" + string.Join(':', ProgramDirectories);

    /// <summary>The variable PATH of stages.</summary>
    public static string StagePath => "PATH=" + string.Join(':', StageDirectories);

    /// <summary>The variable PATH of programs that run as an ordinary user of a stage: they find what the user has installed.</summary>
    public static string UserPath => "PATH=/usr/local/bin:" + string.Join(':', StageDirectories);

    /// <summary>The path in the running system for a path in the initrd.</summary>
    public static string InNewRoot(string path) =>
        !MountPath.IsInside(path, Sysroot) ? path : path.Length == Sysroot.Length ? "/" : path[Sysroot.Length..];
}
