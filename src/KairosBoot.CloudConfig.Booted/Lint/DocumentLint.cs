namespace KairosBoot.CloudConfig.Booted;

/// <summary>Finds the top-level keys of a document that nothing acts on. Keys of other tools are not reported.</summary>
internal static class DocumentLint
{
    // The names that a misspelt one probably means.
    private static readonly string[] Known =
        ["install", "users", "ssh_authorized_keys", "runcmd", "hostname", "write_files", "growpart", "grub_options"];

    // cloud-init's modules that have no counterpart here.
    private static readonly string[] CloudInitOnly =
    [
        "ansible", "apk_repos", "apt", "bootcmd", "ca-certs", "ca_certs", "chef", "chpasswd", "device_aliases", "disable_root",
        "disk_setup", "drivers", "fan", "fqdn", "fs_setup", "groups", "keyboard", "landscape", "locale", "lxd", "manage_etc_hosts",
        "manage_resolv_conf", "mounts", "network", "ntp", "package_reboot_if_required", "package_update", "package_upgrade", "packages",
        "password", "phone_home", "power_state", "prefer_fqdn_over_hostname", "preserve_hostname", "puppet", "random_seed", "resize_rootfs",
        "resolv_conf", "rh_subscription", "rsyslog", "salt_minion", "snap", "ssh_deletekeys", "ssh_genkeytypes", "ssh_import_id",
        "ssh_keys", "ssh_pwauth", "swap", "timezone", "ubuntu_advantage", "ubuntu_pro", "user", "wireguard", "yum_repos", "zypper",
    ];

    internal static void Check(YamlMapping root, string text, string file, Finding report)
    {
        var hasHeader = CloudConfigHeader.IsIn(text);
        foreach (var (key, value) in root.Pairs)
        {
            if (key.Text == "install") CheckInstall(value, file, report);
            else if (key.Text == "grub_options")
                Report("has no effect; to fix: set install.grub_options.extra_cmdline, or run kboot kargs");
            else if (key.Text is "stages" or "name" || CloudConfigHeader.IsKey(key.Text)) continue;
            else if (hasHeader && CloudInitOnly.Contains(key.Text))
                Report("this key of cloud-init has no effect here; to fix: use an entry in stages");
            // A node with an anchor is there for its aliases.
            else if (IsEntryKey(key.Text) && !Line(text, key.Line).Contains('&'))
                Report("has an effect only in an entry; to fix: put it into an entry of stages.NAME");
            else if (!hasHeader && CloudInitOnly.Contains(key.Text)) continue;
            else if (SpellingHint.Find(key.Text, Known) is { } nearest) Report($"not a known key: did you mean {nearest}?");

            void Report(string reason) => report(key.Line, key.Name, reason, isWarning: true);
        }
    }

    private static ReadOnlySpan<char> Line(ReadOnlySpan<char> text, int number)
    {
        for (; number > 1; number--) text = text[(text.IndexOf('\n') + 1)..];
        return text.IndexOf('\n') is var end and >= 0 ? text[..end] : text;
    }

    private static bool IsEntryKey(string name) =>
        Array.Exists(EntryKeys.Actions, key => key.Name == name) || Array.Exists(EntryKeys.Conditions, key => key.Name == name);

    private static void CheckInstall(YamlNode node, string file, Finding report)
    {
        if (node is YamlMapping install)
            InstallSection.Check(install, file, problem => report(problem.Line, problem.Key, problem.Reason, problem.IsWarning));
        else if (node is not YamlScalar { IsNull: true })
            report(node.Line, "install", $"{node.Kind} instead of a mapping; ignored", isWarning: false);
    }
}
