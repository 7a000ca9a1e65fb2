namespace KairosBoot.CloudConfig.Booted;

/// <summary>The commands of a package manager, without interactive questions.</summary>
/// <param name="Program">Its name.</param>
/// <param name="Refresh">Arguments that update the package lists.</param>
/// <param name="Upgrade">Arguments that upgrade the installed packages.</param>
/// <param name="Install">Arguments before the names of packages to install.</param>
/// <param name="Remove">Arguments before the names of packages to remove.</param>
internal sealed record PackageManager(string Program, string[] Refresh, string[] Upgrade, string[] Install, string[] Remove)
{
    /// <summary>Environment variables that prevent questions.</summary>
    internal static readonly string[] Variables = ["DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"];

    // Wait for another apt. Keep changed configuration files.
    private static readonly string[] Apt = ["-y", "-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"];

    private static readonly PackageManager AptGet = new("apt-get",
        [.. Apt, "update"], [.. Apt, "upgrade"], [.. Apt, "--no-install-recommends", "install"], [.. Apt, "remove"]);
    private static readonly PackageManager Dnf = new("dnf",
        ["-y", "makecache"], ["-y", "upgrade"], ["-y", "--setopt=install_weak_deps=False", "install"], ["-y", "remove"]);
    private static readonly PackageManager Yum = Dnf with { Program = "yum", Upgrade = ["-y", "update"] };
    private static readonly PackageManager Zypper = new("zypper",
        ["--non-interactive", "refresh"], ["--non-interactive", "update"], ["--non-interactive", "install", "--no-recommends"], ["--non-interactive", "remove"]);
    private static readonly PackageManager Apk = new("apk",
        ["--no-interactive", "update"], ["--no-interactive", "upgrade", "--no-cache"], ["--no-interactive", "add", "--no-cache"], ["--no-interactive", "del"]);
    private static readonly PackageManager Pacman = new("pacman",
        ["--noconfirm", "-Sy"], ["--noconfirm", "-Syu"], ["--noconfirm", "-S", "--needed"], ["--noconfirm", "-R"]);

    // os-release(5): ID, then the names in ID_LIKE, the nearest first.
    private static readonly (string[] Ids, PackageManager[] Managers)[] Families =
    [
        (["debian", "ubuntu"], [AptGet]),
        (["fedora", "rhel", "redhat", "centos", "rocky", "almalinux", "ol"], [Dnf, Yum]),
        (["opensuse-leap", "opensuse-tumbleweed", "opensuse", "suse", "sles", "sle-micro"], [Zypper]),
        (["alpine"], [Apk]),
        (["arch"], [Pacman]),
    ];

    /// <summary>zypper(8): 102 and 103 mean success, and that a reboot or restart is recommended.</summary>
    internal bool IsSuccess(int exitCode) => exitCode == 0 || Program == "zypper" && exitCode is (102 or 103);

    /// <summary>The package manager of this root and its path. Throws <see cref="FormatException"/>.</summary>
    internal static (PackageManager Manager, string Path) Find()
    {
        var id = StageFacts.OsRelease("ID") ?? "";
        foreach (var name in (string[])[id, .. (StageFacts.OsRelease("ID_LIKE") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)])
        {
            if (Array.Find(Families, family => family.Ids.Contains(name)).Managers is not { } managers) continue;
            foreach (var manager in managers)
                if (StageFacts.FindProgram(manager.Program) is { } path) return (manager, path);
            throw new FormatException($"this root has no {managers[0].Program}; to fix: add it to the image");
        }
        throw new FormatException(id.Length == 0 ? "no known package manager: /etc/os-release has no ID" : $"no known package manager for '{id}' (ID and ID_LIKE of /etc/os-release)");
    }
}
