namespace KairosBoot.Plan;

/// <summary>Which machine has a file, and where.</summary>
public enum BundlePlace
{
    /// <summary>On the running machine only: /run, /proc, /etc.</summary>
    Running,
    /// <summary>On COS_STATE.</summary>
    State,
    /// <summary>On COS_OEM.</summary>
    Oem,
    /// <summary>Written by kboot for the archive.</summary>
    Generated,
}

/// <summary>How secrets are found in a file.</summary>
public enum BundleFormat { Text, Json, Configs }

/// <summary>A file of the archive.</summary>
/// <param name="Name">Its path in the archive. For a directory of configs: the directory.</param>
/// <param name="Place">Where it is.</param>
/// <param name="Path">Its path there.</param>
/// <param name="Format">Its format.</param>
/// <param name="MaxKiB">Only the end of a longer text is in the archive. A longer config is left out.</param>
/// <param name="Use">What it is for.</param>
public sealed record BundleFile(string Name, BundlePlace Place, string Path, BundleFormat Format, int MaxKiB, string Use)
{
    /// <summary>Everything that an archive can have, and nothing else. The order is that of the archive.</summary>
    public static readonly BundleFile[] All =
    [
        new("report.txt", BundlePlace.Generated, "", BundleFormat.Text, 256, "what `kboot report` prints"),
        new("status.json", BundlePlace.Generated, "", BundleFormat.Json, 256, "what `kboot status --json` prints"),
        new("report.json", BundlePlace.Running, SystemPaths.Report, BundleFormat.Json, 4096, "each step, disk, mount and problem"),
        new("boot.log", BundlePlace.Running, SystemPaths.Log, BundleFormat.Text, 2048, "the log of kairos-boot and of the first stages"),
        new("bootstate", BundlePlace.State, SystemPaths.BootState, BundleFormat.Text, 1, "the boot counters"),
        new("kargs", BundlePlace.State, SystemPaths.Arguments, BundleFormat.Text, 64, "the machine's own kernel arguments"),
        new("kargs.new", BundlePlace.State, SystemPaths.PendingKargs, BundleFormat.Text, 64, "the same on trial"),
        new("kargs.failed", BundlePlace.State, SystemPaths.RejectedKargs, BundleFormat.Text, 64, "the same that were rejected"),
        new("kairosboot/good-boots", BundlePlace.Oem, SystemPaths.GoodBoots, BundleFormat.Text, 20, "the last good boots"),
        new("kairosboot/failed-boots", BundlePlace.Oem, SystemPaths.FailedBoots, BundleFormat.Text, 64, "failed boots"),
        new("kairosboot/failed-boots.reported", BundlePlace.Oem, SystemPaths.FailedBootsReported, BundleFormat.Text, 64,
            "failed boots that were reported"),
        new("state/kairosboot/failed-boots", BundlePlace.State, SystemPaths.FailedBoots, BundleFormat.Text, 64,
            "failed boots that could not be stored on COS_OEM"),
        new("state/kairosboot/failed-boots.reported", BundlePlace.State, SystemPaths.FailedBootsReported, BundleFormat.Text, 64,
            "the same, reported"),
        new("cmdline", BundlePlace.Running, "/proc/cmdline", BundleFormat.Text, 64, "the kernel command line"),
        new("version", BundlePlace.Running, "/proc/version", BundleFormat.Text, 4, "the kernel"),
        new("os-release", BundlePlace.Running, "/etc/os-release", BundleFormat.Text, 64, "the image's system and version"),
        new("hostname", BundlePlace.Running, "/proc/sys/kernel/hostname", BundleFormat.Text, 1, "the name of the machine"),
        new("mountinfo", BundlePlace.Running, "/proc/self/mountinfo", BundleFormat.Text, 256, "what is mounted"),
        new("partitions", BundlePlace.Running, "/proc/partitions", BundleFormat.Text, 64, "disks and sizes; labels are in report.json"),
        new("fstab", BundlePlace.Running, "/etc/fstab", BundleFormat.Text, 64, "what kairos-boot mounted"),
        new("layout/cos-layout.env", BundlePlace.Running, SystemPaths.Layout, BundleFormat.Text, 64, "the layout"),
        new("layout/extra-layout.env", BundlePlace.Running, SystemPaths.ExtraLayout, BundleFormat.Text, 64, "the same"),
        new("layout/custom-layout.env", BundlePlace.Running, SystemPaths.CustomLayout, BundleFormat.Text, 64, "the same"),
        new("dmesg", BundlePlace.Generated, "", BundleFormat.Text, 256, "the end of the kernel's log"),
        new("configs/system-oem", BundlePlace.Running, SystemPaths.CloudConfigs[0], BundleFormat.Configs, 1024,
            "cloud-configs of the image"),
        new("configs/oem", BundlePlace.Oem, "/", BundleFormat.Configs, 1024, "cloud-configs of the machine"),
        new("configs/usr-local", BundlePlace.Running, SystemPaths.CloudConfigs[2], BundleFormat.Configs, 1024,
            "cloud-configs on COS_PERSISTENT"),
    ];
}
