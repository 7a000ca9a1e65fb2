using KairosBoot.CloudConfig.Booted;

namespace KairosBoot.Plan.Tests;

/// <summary>The findings of kboot lint in a config.</summary>
public sealed class ConfigLintTests
{
    [Theory]
    [InlineData("boot: [{name: e, commands: ['if true; fi']}]", 2, "commands", "yntax error", false)]
    [InlineData("boot: [{name: e, commands: ['a=(1 2); echo ${a[0]}']}]", 2, "commands", "only bash can parse this", true)]
    [InlineData("boot: [{name: e, if: '[ -e /x ] &&'}]", 2, "if", "yntax error", false)]
    [InlineData("boot: [{name: e, if: '[ -e /x'}]", 2, "if", "has no ] at its end", true)]
    [InlineData("boot: [{name: e, if: '[ -e /x ] || ! [ -e \"/y ]\" && true'}]", 2, "if", "has no ] at its end", true)]
    [InlineData("boot: [{name: e, commands: ['docker ps --format \"{{.Names}}\"']}]", 2, "commands", "uses a value that no machine has",
        true)]
    [InlineData("boot: [{name: e, commands: ['{{ if .x }}a']}]", 2, "commands", "template not filled in", true)]
    [InlineData("boot: [{name: e, hostname: 'n-{{ .Values.node }}'}]", 2, "hostname", "unknown field .Values", false)]
    [InlineData("boot: [{name: e, environment: {A: '{{ .Values.product.uuid'}}]", 2, "environment", "{{ is not closed", true)]
    [InlineData("boot: [{name: e, files: [{path: /a, encoding: b64, content: '!'}]}]", 2, "files", "not valid base64", false)]
    [InlineData("boot: [{name: e, files: [{path: /a, encoding: rot13}]}]", 2, "files.encoding", "unknown encoding 'rot13'", true)]
    [InlineData("boot: [{name: e, files: [{path: a}]}]", 2, "files", "not an absolute path", false)]
    [InlineData("boot: [{name: e, directories: [{}]}]", 2, "directories", "path is missing", false)]
    [InlineData("boot: [{name: e, files: [{path: /a, permsisions: 0600}]}]", 2, "files.permsisions", "did you mean permissions?", true)]
    [InlineData("boot: [{name: e, files: [{path: /a, permissions: 644}]}]", 2, "files.permissions", "write 0644", true)]
    [InlineData("boot: [{name: e, downloads: [{path: /a, url: host/x}]}]", 2, "downloads", "url is not valid", false)]
    [InlineData("boot: [{name: e, git: {url: 'https://h/x', pth: /a, path: /b}}]", 2, "git.pth", "did you mean path?", true)]
    [InlineData("initramfs: [{name: e, packages: {install: [x]}}]", 2, "packages", "has no effect in initramfs", true)]
    [InlineData("rootfs.before: [{name: e, downloads: [{path: /a, url: 'http://h/x'}]}]", 2, "downloads", "has no effect in rootfs.before",
        true)]
    [InlineData("boot: [{name: e, only_os: '(Debian'}]", 2, "only_os", "invalid pattern", false)]
    [InlineData("boot: [{name: e, only_service_manager: upstart}]", 2, "only_service_manager", "neither systemd nor openrc", true)]
    [InlineData("boot: [{name: e, users: {'a b': {passwd: x}}}]", 2, "users", "invalid account name", false)]
    [InlineData("boot: [{name: e, users: {a: {uid: x, passwd: y}}}]", 2, "users.uid", "'x' is not a user id", false)]
    [InlineData("boot: [{name: e, users: {a: {passwd: ''}}}]", 2, "users.passwd", "the password is empty", true)]
    [InlineData("boot: [{name: e, users: {a: {}}}]", 2, "users", "neither a password nor an SSH key", true)]
    [InlineData("boot: [{name: e, users: {a: {passwd: y, gecos: 'a:b'}}}]", 2, "users", "contains a colon", false)]
    [InlineData("boot: [{name: e, users: {a: {passwd: y, homedir: home/a}}}]", 2, "users", "not an absolute path", false)]
    [InlineData("boot: [{name: e, hostname: 'a b'}]", 2, "hostname", "'a b' is not a host name", false)]
    [InlineData("boot: [{name: e, hostname: node-}]", 2, "hostname", "'node-' is not a host name", false)]
    [InlineData("boot: [{name: e, hostname: a1234567890123456789012345678901234567890123456789012345678901234}]", 2, "hostname",
        "longer than 64", false)]
    [InlineData("boot: [{name: e, files: [{path: /a, owner: -1}]}]", 2, "files", "-1 is not a user or group id", false)]
    [InlineData("boot: [{name: e, directories: [{path: /a, group: 99999999999}]}]", 2, "directories", "not a user or group id", false)]
    [InlineData("boot: [{name: e, datasource: {providers: [cdrom], userdata_name: a/b}}]", 2, "datasource", "not a file name", false)]
    [InlineData("boot: [{name: e, package_pins: {a: '1 2'}}]", 2, "package_pins", "'a' is not a package and a version", false)]
    [InlineData("boot: [{name: e, package_pins: {a: }}]", 2, "package_pins", "a has no version", true)]
    [InlineData("boot: [{name: e, unpack_images: [{target: /a}]}]", 2, "unpack_images", "source is missing", false)]
    [InlineData("boot: [{name: e, unpack_images: [{source: x, target: /a, platform: amd64}]}]", 2, "unpack_images", "platform:", false)]
    [InlineData("boot: [{name: e, git: {url: 'https://h/x', path: /b, branch: a..b}}]", 2, "git", "'a..b' is not a branch name", false)]
    [InlineData("boot: [{name: e, ensure_entities: [{}]}]", 2, "ensure_entities", "entity is not a mapping", false)]
    [InlineData("boot: [{name: e, ensure_entities: [{entity: '{kind: usr, username: a}'}]}]", 2, "ensure_entities",
        "kind is not user, group, shadow or gshadow", false)]
    [InlineData("boot: [{name: e, ensure_entities: [{entity: '{kind: user, username: a b}'}]}]", 2, "ensure_entities",
        "invalid account name", false)]
    [InlineData("boot: [{name: e, ensure_entities: [{entity: '{kind: user, username: a, gid: x}'}]}]", 2, "ensure_entities",
        "gid: 'x' is not an id", false)]
    [InlineData("boot: [{name: e, ensure_entities: [{entity: '{kind: user, username: a, passwd: x}'}]}]", 2,
        "ensure_entities.entity.passwd", "did you mean password?", true)]
    [InlineData("boot: [{name: e, delete_entities: [{entity: '{kind: group, group_name: a, users: [b]}'}]}]", 2,
        "delete_entities.entity.users", "a list instead of a text", false)]
    [InlineData("boot: [{name: e, ensure_entities: [{entity: '{kind: user, username: a, info: \"x:y\"}'}]}]", 2, "ensure_entities",
        "contains a colon", false)]
    [InlineData("initramf: [{name: e}]", 2, "stages.initramf", "did you mean initramfs?", true)]
    [InlineData("netwrok.after: [{name: e}]", 2, "stages.netwrok.after", "did you mean network.after?", true)]
    public void Items_that_fail_or_have_no_effect_are_found(string stages, int line, string key, string reason, bool isWarning)
    {
        var problem = Assert.Single(ConfigLint.Check($"stages:\n  {stages}\n", "f.yaml"));
        Assert.Equal((line, key, isWarning, "f.yaml"), (problem.Line, problem.Key, problem.IsWarning, problem.File));
        Assert.Contains(reason, problem.Reason);
    }

    [Theory]
    [InlineData("provider-kairos.bootstrap.after.k3s-ready: [{name: e}]")]
    [InlineData("kairos-install.pre.before: [{commands: ['true']}]")]
    [InlineData("boot: [{if: '[ -e /x ] && grep -q \"y\" /proc/cmdline', hostname: 'n-{{ trunc 4 .MachineID }}', commands: ['echo {{ " +
        "(index .Values.network 0).macaddress | lower }} {{ .Values.product.uuid }}']}]")]
    [InlineData("boot: [{ensure_entities: [{entity: '{kind: shadow, username: a, password: \"x:y\"}'}, " +
        "{entity: 'kind: {{ .Values.node.hostname }}'}]}]")]
    [InlineData("boot: [{users: {a: {passwd: x}, b: {lock_passwd: true}, c: {ssh_authorized_keys: [k]}}}]")]
    [InlineData("boot: [{downloads: [{path: /a/, url: 'https://h/x', permissions: 0600, timeout: 5, ownerstring: a}], git: {url: " +
        "'git@host:x', path: /b, auth: {private_key: x}, branch_only: yes}, packages: {install: x, refresh: true}, package_pins: {x: " +
        "1.2}, unpack_images: [{source: x, target: /y, platform: linux/arm64}]}]")]
    public void A_correct_config_has_no_finding(string stages) => Assert.Empty(ConfigLint.Check($"stages:\n  {stages}\n", "f"));

    [Fact]
    public void Invalid_YAML_is_one_error_with_line_and_column()
    {
        var problem = Assert.Single(ConfigLint.Check("a: 1\nb: [\n", "f"));
        Assert.True(problem is { IsWarning: false, Line: >= 2, Column: >= 1 }, problem.ToString());
    }

    [Fact]
    public void Findings_come_in_the_order_of_the_file() =>
        Assert.Equal([3, 5, 6],
            ConfigLint.Check("stages:\n  boot:\n  - comands: [x]\n  initramfs:\n  - hostnam: x\n    only_os: '('\n", "f").Select(p =>
            p.Line));
}
