namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>A key that takes a path, and an entry that uses it.</summary>
/// <param name="Name">As <see cref="PathKeyTests"/> finds it in the schemas of all keys.</param>
/// <param name="Keys">Keys of an entry, with PATH for the path.</param>
public sealed record PathKey(string Name, string Keys)
{
    /// <summary>It merges with the existing file, so a file that the user cannot read is a problem and is not replaced.</summary>
    public bool Merges { get; init; }

    /// <summary>The path is a directory.</summary>
    public bool IsDirectory { get; init; }

    /// <summary>The path in the home is fixed.</summary>
    public string? Fixed { get; init; }

    public override string ToString() => Name;
}

/// <summary>All keys that take a path. A new one needs a row here or in <see cref="Elsewhere"/>.</summary>
internal static class PathKeys
{
    internal static readonly PathKey[] All =
    [
        new("files.path", "files: [{path: PATH, content: new}]"),
        new("files.path with a mode and an owner", "files: [{path: PATH, content: new, permissions: 0666, owner: 1000, group: 1000}]"),
        new("directories.path", "directories: [{path: PATH, permissions: 0777, owner: 1000, group: 1000}]") { IsDirectory = true },
        new("directories.path without attributes", "directories: [{path: PATH}]") { IsDirectory = true },
        new("environment_file", "environment_file: PATH\nenvironment: {NEW: x}") { Merges = true },
        new("dns.path", "dns: {nameservers: [1.1.1.1], path: PATH}"),
        new("ensure_entities.path", "ensure_entities: [{path: PATH, entity: \"kind: group\\ngroup_name: g\\ngid: 1\"}]") { Merges = true },
        new("delete_entities.path", "delete_entities: [{path: PATH, entity: \"kind: group\\ngroup_name: victim\"}]") { Merges = true },
        new("datasource.path", "datasource: {providers: [file], path: PATH}") { Merges = true },
        new("users.homedir", "users: {carol: {homedir: PATH, uid: '1000'}}") { IsDirectory = true },
        new("users.homedir of another user", "users: {carol: {homedir: PATH, uid: '1500'}}") { IsDirectory = true },
        new("authorized_keys", "authorized_keys: {alice: [key]}") { Merges = true, Fixed = "/home/alice/.ssh/authorized_keys" },
        new("users.ssh_authorized_keys", "users: {alice: {ssh_authorized_keys: [key]}}") { Merges = true, Fixed =
            "/home/alice/.ssh/authorized_keys" },
    ];

    /// <summary>Keys and fields that take no path or have tests elsewhere, each with the reason.</summary>
    internal static readonly Dictionary<string, string> Elsewhere = new()
    {
        ["downloads.path"] = "needs a network: tests of the booted keys",
        ["git.path"] = "needs git: tests of the booted keys",
        ["unpack_images.target"] = "needs an image: tests of the booted keys",
        ["layout.device.path"] = "names a disk; a node of /dev is opened, nothing is written by name",
        ["layout"] = "a disk and its file systems",
        ["layout.add_partitions.filesystem"] = "a type",
        ["users.no_create_home"] = "true or false",
        ["if_files"] = "asks for the existence of files, which changes nothing",
        ["systemd_firstboot"] = "options of a program of the image, which opens them itself",
        ["systemctl"] = "drop-ins below /etc/systemd/system",
        ["sysctl"] = "names below /proc/sys",
        ["hostname"] = "files of /etc",
        ["timesyncd"] = "a file of /etc",
    };

    /// <summary>Keys of an entry without a path in them.</summary>
    internal static readonly string[] WithoutPath =
    [
        "name", "after", "node", "if", "only_os", "only_os_version", "only_arch", "only_service_manager", "commands", "modules",
            "package_pins", "packages", "environment",
    ];
}
