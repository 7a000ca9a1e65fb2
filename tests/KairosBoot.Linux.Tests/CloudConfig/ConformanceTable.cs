namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>An entry and its expected result.</summary>
/// <param name="Key">The tested key.</param>
/// <param name="Entry">The entry's keys, as YAML.</param>
/// <param name="Expected">Lines: <c>PATH CONTENT</c>, <c>PATH MODE OWNER</c> with the mode in four digits, <c>no PATH</c>, <c>problem
/// KEY</c>. An
/// unexpected problem fails the case.</param>
public sealed record ConformanceCase(string Key, string Entry, string Expected)
{
    public override string ToString() => $"{Key}: {Entry}";
}

/// <summary>At least one case for every key of an entry. The programs of the scratch root write their arguments to /log.</summary>
internal static class ConformanceTable
{
    private const string Ran = "files: [{path: /ran, content: x}]";

    internal static readonly ConformanceCase[] Conditions =
    [
        Skips("node", "no-such-node"), Runs("node", "'.'"),
        Skips("if", "'[ -e /nothing ]'"), Runs("if", "test -e /etc/passwd && ! grep -q zebra /etc/passwd"),
            Runs("if", "'[ {{ if eq .Values.os.vendor `debian` }}1{{ else }}2{{ end }} = 1 ]'"),
        Skips("only_os", "Ubuntu.*|Fedora.*"), Runs("only_os", "Ubuntu.*|Debian.*"),
        Skips("only_os_version", "11"), Runs("only_os_version", "^1[2-4]$"),
        Skips("only_arch", "none"), Runs("only_arch", "amd64|arm64|riscv64"),
        Skips("only_service_manager", "openrc"), Runs("only_service_manager", "systemd"),
        Skips("if_files", "{any: [/nothing, /none]}"), Runs("if_files", "{all: [/etc], none: [/nothing]}"),
    ];

    internal static readonly ConformanceCase[] Actions =
    [
        new("dns", "dns: {nameservers: [1.1.1.1], search: [a.example]}", "/etc/resolv.conf search a.example|nameserver 1.1.1.1"),
        Later("downloads", "[{url: 'https://host/x', path: /d}]"),
        Later("git", "{url: 'https://host/x', path: /d}"),
        new("ensure_entities", "ensure_entities: [{entity: \"kind: group\\ngroup_name: admin\\ngid: 900\"}]",
            "/etc/group root:x:0:|daemon:x:1:|adm:x:4:daemon|admin:x:900:\n/etc/group 0644 0:0"),
        new("directories", "directories: [{path: /d/e, permissions: 0750, owner: 1, group: 4}, {path: /t, permissions: 01777}]",
            "/d/e 0750 1:4\n/d 0750 1:4\n/t 1777 0:0"),
        new("files", "files: [{path: /d/f, permissions: 0640, owner: 1, group: 4, content: x}]", "/d/f x\n/d/f 0640 1:4\n/d 0750 1:4"),
        new("files", "files: [{path: /f, encoding: b64, content: aGVsbG8=}, {path: /g, encoding: gz+b64, content: " +
            "H4sIAAAAAAACA8tIzcnJBwCGphA2BQAAAA==}]", "/f hello\n/g hello"),
        new("files", "files: [{path: /f, content: '{{ .Values.os.vendor }}{{ if'}, {path: /g, ownerstring: 'daemon:adm'}]",
            "/f {{ .Values.os.vendor }}{{ if\n/g 0644 1:4\nproblem files.content"),
        new("commands", "commands: ['echo one >> /log', 'exit 7', 'echo two >> /log']", "/log one|two\nproblem commands"),
        new("delete_entities", "delete_entities: [{entity: \"kind: group\\ngroup_name: adm\"}]", "/etc/group root:x:0:|daemon:x:1:"),
        new("hostname", "hostname: node-{{ trunc 4 .MachineID }}",
            "/etc/hostname node-0123\n/etc/hosts 127.0.0.1 localhost node-0123|::1 ip6"),
        new("sysctl", "sysctl: {net.ipv4.ip_forward: 1, no.such: 1}", "/proc/sys/net/ipv4/ip_forward 1\nproblem sysctl"),
        new("users", "users: {me: {passwd: '*', uid: 1234, shell: /bin/sh, groups: [adm]}}",
            "/home/me 0755 1234:1000\n/etc/group root:x:0:|daemon:x:1:|adm:x:4:daemon,me|me:x:1000:"),
        new("authorized_keys", "authorized_keys: {root: [ssh-ed25519 AAA me]}",
            "/root/.ssh/authorized_keys ssh-ed25519 AAA me\n/root/.ssh/authorized_keys 0600 0:0\n/root/.ssh 0700 0:0"),
        new("modules", "modules: [loop max_loop=4]", "/log modprobe -- loop max_loop=4"),
        new("timesyncd", "timesyncd: {NTP: a b, FallbackNTP: c}",
            "/etc/systemd/timesyncd.conf.d/10-yip.conf [Time]|NTP         = a b|FallbackNTP = c"),
        new("systemctl", "systemctl: {mask: [c], enable: [a], overrides: [{service: x, content: '[Unit]'}]}",
            "/log systemctl enable a|systemctl mask c\n/etc/systemd/system/x.service.d/override-yip.conf [Unit]"),
        new("environment", "environment_file: /run/cos/x.env\nenvironment: {B: 1, A: 'x y'}",
            "/run/cos/x.env A=\"x y\"|B=1\n/run/cos/x.env 0644 0:0\nno /etc/environment"),
        new("systemd_firstboot", "systemd_firstboot: {keymap: it, copy: true}", "/log systemd-firstboot --copy --keymap=it"),
        new("datasource", "datasource: {providers: [file], path: /seed}",
            "/run/config/userdata.yaml stages: {}\n/run/config/userdata.yaml 0600 0:0\n/run/config 0755 0:0"),
        new("layout", "layout: {device: {label: NO_SUCH_LABEL}, expand_partition: {size: 0}}\n" + Ran, "/ran x\nproblem layout"),
        Later("package_pins", "{vim: '1'}"),
        Later("packages", "{install: [vim]}"),
        Later("unpack_images", "[{source: a, target: /b}]"),
    ];

    /// <summary>Forms of a document. The key is the tested feature.</summary>
    internal static readonly ConformanceCase[] Documents =
    [
        new("anchors", "x: &x {path: /a, content: x}\nstages: {initramfs: [{files: [*x]}, &e {commands: [echo e >> /log]}, *e]}",
            "/a x\n/log e|e"),
        new("merge keys", "x: &f {permissions: 0600, content: f}\ny: &o {owner: 1, content: o}\nstages: {initramfs: [{files: [{path: /a, " +
            "<<: *f}, {<<: [*f, *o], path: /b}, {<<: *f, path: /c, content: own}]}]}",
            "/a f\n/a 0600 0:0\n/b f\n/b 0600 1:0\n/c own"),
        new("merged entries",
            "stages: {initramfs.before: [&e {name: n, if: '[ ! -e /log ]', commands: [echo n >> /log]}], initramfs: [{<<: *e}, {<<: *e, " +
            "if: '[ -e /log ]'}]}", "/log n|n"),
        new("octal", "stages: {initramfs: [{files: [{path: /a, permissions: 0644}, {path: /b, permissions: 0o640}, {path: /c, " +
            "permissions: 0x1a4}, {path: /d, permissions: 420}, {path: /e, permissions: 0_600}, {path: /f, permissions: '0750'}]}]}",
            "/a 0644 0:0\n/b 0640 0:0\n/c 0644 0:0\n/d 0644 0:0\n/e 0600 0:0\n/f 0750 0:0"),
        new("scalars", "stages:\n  initramfs:\n  - files:\n    - {path: /a, content: 0644}\n    - {path: /b, content: yes}\n    - path: " +
            "/c\n      content: |-\n        one\n          two\n    - path: /d\n      content: >-\n        one\n        two\n    - " +
            "{path: /e, content: \"a\\tb\\u00e9\"}\n    - {path: /f, content: ~}\n",
            "/a 0644\n/b yes\n/c one|  two\n/d one two\n/e a\tb\u00e9\n/f "),
        new("line ends", "stages:\r\n  initramfs:\r\n  - files:\r\n    - path: /a\r\n      content: |\r\n        one\r\n        two\r\n",
            "/a one|two"),
        new("byte order mark", "\uFEFFstages: {initramfs: [{files: [{path: /a}]}]}", "/a "),
        new("documents", "stages: {initramfs: [{files: [{path: /a}]}]}\n---\nstages: {initramfs: [{files: [{path: /b}]}]}",
            "/a \nno /b\nproblem "),
        new("null entry", "stages: {initramfs: [~, {files: [{path: /a}]}], boot: ~}", "/a "),
        new("cloud-config", "#cloud-config\nhostname: cloud\nruncmd: [echo never >> /log]\nstages: {initramfs: [{commands: [echo own >> " +
            "/log]}]}", "/etc/hostname cloud\n/log own"),
        new("jinja", "## template: jinja\n#cloud-config\nhostname: cloud\n", "/etc/hostname cloud"),
        new("misplaced header", "a: b\n#cloud-config\nhostname: cloud\n", "no /etc/hostname\nproblem "),
        new("users as a list", "stages: {initramfs: [{users: [{name: me, passwd: '*', uid: 1234}]}]}", "/home/me 0755 1234:1000"),
        new("binary", "stages: {initramfs: [{files: [{path: /a, content: !!binary aGVsbG8=}]}]}", "/a hello"),
        new("wrong field", "stages: {initramfs: [{files: [{path: /a, owner: me}, {path: /b}]}]}", "/a \n/b \nproblem files.owner"),
        new("broken file", "stages: {initramfs: [", "no /log\nproblem "),
    ];

    private static ConformanceCase Runs(string key, string condition) => new(key, $"{key}: {condition}\n{Ran}", "/ran x");

    private static ConformanceCase Skips(string key, string condition) => new(key, $"{key}: {condition}\n{Ran}", "no /ran");

    /// <summary>A key that works only in the booted system.</summary>
    private static ConformanceCase Later(string key, string value) => new(key, $"{key}: {value}\n{Ran}", $"/ran x\nproblem {key}");
}
