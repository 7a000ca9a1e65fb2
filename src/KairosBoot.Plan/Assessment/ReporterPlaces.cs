namespace KairosBoot.Plan;

/// <summary>
/// The files and directories in which <see cref="GoodReporter"/> looks for what marks the boots of an image good. It reads nothing else
/// but the scripts that are named there.
/// </summary>
public static class ReporterPlaces
{
    public const string Init = "/sbin/init", InitTab = "/etc/inittab", InitTabFiles = "/etc/inittab.d";
    public const string OpenRcScripts = "/etc/init.d", OpenRcRunlevels = "/etc/runlevels", OpenRcLocal = "/etc/local.d";
    public const string RcLocal = "/etc/rc.local", CronTab = "/etc/crontab", CronFiles = "/etc/cron.d";

    /// <summary>systemd.unit(5): directories of units, the first one wins.</summary>
    public static readonly string[] Units =
        ["/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];

    /// <summary>The runlevels that OpenRC starts at boot.</summary>
    public static readonly string[] OpenRcAtBoot = ["sysinit", "boot", "default"];

    /// <summary>All places, with what is read there and by which init.</summary>
    public static readonly (string Path, string Init, string What)[] Rows =
    [
        (SystemPaths.Unassessed, "each", "the mark of `kboot image build --no-assessment`"),
        (SystemPaths.CloudConfigs[0], "each", "commands of cloud-configs, and units that they write or enable"),
        (SystemPaths.CloudConfigs[1], "each", "the same; `kboot upgrade` also reads the machine's own"),
        (SystemPaths.CloudConfigs[2], "each", "the same; `kboot upgrade` also reads the machine's own"),
        (CronFiles, "each", "lines of cron"),
        (CronTab, "each", "lines of cron"),
        (Init, "each", "which init it is; a script is read"),
        (Units[0], "systemd", "units that `default.target` pulls in, with their drop-ins. A preset does not enable a unit"),
        (Units[1], "systemd", "the same"),
        (Units[2], "systemd", "the same"),
        (Units[3], "systemd", "the same"),
        (RcLocal, "systemd", "the script, if it is executable"),
        ("/etc/rc?.d", "systemd, sysvinit", "scripts `S..` of the runlevels that are started"),
        (InitTab, "sysvinit, busybox", "commands of a boot"),
        (InitTabFiles, "sysvinit", "the same, the first entry of each file `*.tab`"),
        (OpenRcScripts, "OpenRC, sysvinit, busybox", "scripts of services; scripts `S..` that busybox' `rcS` starts"),
        (OpenRcRunlevels, "OpenRC", "services of the runlevels `sysinit`, `boot` and `default`"),
        (OpenRcLocal, "OpenRC", "scripts `*.start`, if the service `local` is enabled"),
    ];
}
