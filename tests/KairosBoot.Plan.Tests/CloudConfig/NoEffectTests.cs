using System.Text;
using System.Text.RegularExpressions;
using KairosBoot.CloudConfig;
using KairosBoot.CloudConfig.Booted;
using KairosBoot.Plan.Tests.Documents;

namespace KairosBoot.Plan.Tests;

/// <summary>A key, document or stage that nothing acts on is reported, and nothing else is.</summary>
public sealed class NoEffectTests
{
    [Theory]
    [InlineData("---\n#cloud-config\nhostname: n1\nusers:\n- name: kairos\n  passwd: kairos\n", 2, "", "no effect: hostname, users:")]
    [InlineData("# cloud-config\nhostname: x\n", 1, "", "line 1 must be exactly #cloud-config")]
    [InlineData("#\tcloud-config\nhostname: x\n", 1, "", "line 1 must be exactly #cloud-config")]
    [InlineData("#cloud-config for a node\nhostname: x\n", 1, "", "line 1 must be exactly #cloud-config")]
    [InlineData("#Cloud-Config\nruncmd: [a]\n", 1, "", "line 1 must be exactly #cloud-config")]
    [InlineData("\nhostname: x\n", 2, "", "the first line of the file is not #cloud-config")]
    [InlineData("a: 1\n---\nb: 2\n", 2, "", "a second YAML document starts here")]
    [InlineData("#cloud-config\n# caf\uFFFD\nhostname: x\n", 2, "", "bytes that are not UTF-8")]
    [InlineData("#cloud-config\npackages: [vim]\n", 2, "packages", "of cloud-init has no effect")]
    [InlineData("#cloud-config\nssh-authorized-keys: [k]\n", 2, "ssh-authorized-keys", "did you mean ssh_authorized_keys?")]
    [InlineData("instal: {}\n", 1, "instal", "did you mean install?")]
    [InlineData("name: x\ncommands: [a]\n", 2, "commands", "only in an entry")]
    [InlineData("grub_options: {}\n", 1, "grub_options", "install.grub_options.extra_cmdline")]
    [InlineData("install: {auto: true}\n", 1, "install.auto", "has no effect")]
    [InlineData("install:\n  devise: /dev/vda\n", 2, "install.devise", "did you mean device?")]
    [InlineData("install: {grub_options: {extra_cmdlin: x}}\n", 1, "install.grub_options.extra_cmdlin", "did you mean extra_cmdline?")]
    [InlineData("#cloud-config\nusers:\n- name: a\n  passwd: b\n  ssh-authorized-keys: [k]\n", 5, "users.a.ssh-authorized-keys",
        "did you mean ssh_authorized_keys?")]
    [InlineData("#cloud-config\nusers: [{name: a, passwd: b, system: true}]\n", 2, "users.a.system", "has no effect: set uid instead")]
    [InlineData("#cloud-config\nwrite_files: [{path: /a, source: {uri: x}}]\n", 2, "write_files.source", "has no effect")]
    [InlineData("stages:\n  kairos-uki-install.pre: [{}]\n", 2, "stages.kairos-uki-install.pre", "use kairos-install.pre")]
    [InlineData("stages:\n  mine: [{}]\n", 2, "stages.mine", "nothing runs this stage by itself")]
    [InlineData("stages:\n  initramfs:\n  - files: [{path: /sysroot/etc/x}]\n", 3, "files", "/sysroot does not exist in this stage")]
    [InlineData("stages:\n  boot:\n  - only_arch: x86_64\n", 3, "only_arch", "matches none of amd64, arm64, riscv64")]
    [InlineData("#cloud-config\nusers:\n- default\n- kairos\n", 4, "users", "write `- name: kairos`")]
    [InlineData("#cloud-config\nusers:\n- passwd: x\n", 3, "users", "a user without a name")]
    [InlineData("#cloud-config\nusers:\n- [a]\n", 3, "users", "a list instead of a user")]
    [InlineData("#cloud-config\nusers:\n- name: a\n  passwd: x\n- name: a\n  passwd: y\n", 5, "users", "'a' is already in the list")]
    [InlineData("#cloud-config\nusers: [{name: a, passwd: b, uid: 0644}]\n", 2, "users.uid", "the decimal number 644")]
    [InlineData("stages:\n  boot:\n  - ensure_entities: [{entity: '{kind: group, group_name: a, gid: 0644}'}]\n", 3,
        "ensure_entities.entity.gid", "the octal number 420")]
    [InlineData("name: x\nstages:\n  boot:\n  - name: a\n    after: [{name: x.b}]\n  - {name: b, after: [{name: x.a}, {name: y.z}]}\n", 5,
        "after", "circular order")]
    public void What_has_no_effect_is_one_warning(string text, int line, string key, string reason)
    {
        var problem = Assert.Single(ConfigLint.Check(text, "f", scripts: false));
        Assert.Equal((line, key, true), (problem.Line, problem.Key, problem.IsWarning));
        Assert.Contains(reason, problem.Reason);
    }

    [Theory]
    [InlineData("<!DOCTYPE html>\n<html></html>\n", 1, "HTML or XML")]
    [InlineData("#cloud-config\n\thostname: n1\nstages:\n  boot:\n    - files: [{path: /tmp/x, content: x}]\n", 3, "ignored")]
    [InlineData("#cloud-config\nhostname: caf\uFFFD\n", 2, "bytes that are not UTF-8")]
    [InlineData("stages:\n  boot:\n  - commands:\n    - echo a: b\n", 4, "to fix: quote it: 'echo a: ...'")]
    [InlineData("stages:\n  boot:\n  - commands: [echo a: b]\n", 3, "to fix: quote it: 'echo a: ...'")]
    [InlineData("stages:\n  boot:\n  - if_files: {some: [/a]}\n", 3, "not all, any or none")]
    [InlineData("stages:\n  boot:\n  - sysctl: {a..b: 1}\n", 3, "not a kernel parameter")]
    [InlineData("stages:\n  boot:\n  - dns: {nameservers: [\"1.1.1.1\\n\"]}\n", 3, "contains a line break")]
    [InlineData("stages:\n  boot:\n  - timesyncd: {\"N T\": a}\n", 3, "not the name of a setting")]
    [InlineData("stages:\n  boot:\n  - environment: {\"A B\": a}\n", 3, "not a variable name")]
    public void What_would_not_be_done_is_one_error(string text, int line, string reason)
    {
        var problem = Assert.Single(ConfigLint.Check(text, "f", scripts: false));
        Assert.Equal((line, false), (problem.Line, problem.IsWarning));
        Assert.Contains(reason, problem.Reason);
    }

    [Theory]
    [InlineData("#cloud-config\nk3s: {enabled: true}\np2p: {}\nkcrypt: {}\nbundles: []\nk3s-agent: {}\nk0s: {}\noptions: {}\nreset: {}\n")]
    [InlineData("# cloud-config of the lab\nstages: {boot: [{}]}\n")]
    [InlineData("a: 1\n---\n")]
    [InlineData("a: 1\n...\n")]
    [InlineData("files: &f [{path: /a}]\nstages: {boot: [{files: *f}]}\n")]
    [InlineData("install: {device: auto, bind_mounts: [/a], grub_options: {extra_cmdline: x}}\n")]
    [InlineData("stages: {rootfs: [{commands: [ls /sysroot/etc]}]}\n")]
    [InlineData("stages: {boot: [{files: [{path: /a, permissions: 511}]}]}\n")]
    [InlineData("stages: {boot: [{users: {a: {}}}], network: [{authorized_keys: {a: [k]}}]}\n")]
    [InlineData("stages: {boot: [{users: {a: {shell: /usr/sbin/nologin}}}]}\n")]
    [InlineData("stages: {boot: [{users: {a: {}}}, {commands: ['echo a:b | chpasswd']}]}\n")]
    [InlineData("#cloud-config\nusers: [default, {name: a, ssh_authorized_keys: ['github:a']}]\n")]
    [InlineData("stages: {provider-kairos.bootstrap.before: [{}]}\n")]
    public void What_has_an_effect_or_belongs_to_another_tool_is_not_reported(string text) =>
        Assert.Empty(ConfigLint.Check(text, "f", scripts: false));

    [Fact]
    public void A_user_is_judged_over_all_documents()
    {
        ConfigText user = new("1", "stages: {boot: [{users: {a: {}, b: {}}}]}"),
            key = new("2", "stages: {fs: [{authorized_keys: {a: [k]}}]}");
        Assert.StartsWith("b has neither", Assert.Single(ConfigLint.Check([user, key])).Reason);
        Assert.Equal(2, ConfigLint.Check([user]).Count);
    }

    [Fact]
    public void A_file_of_a_tree_that_looks_like_a_config_and_is_not_read_is_a_warning()
    {
        var root = Directory.CreateTempSubdirectory("kairosboot-lint-").FullName;
        try
        {
            foreach (var (name, text) in ((string, string)[])[("90.yaml", "stages: {boot: [{}]}"), ("91.YAML", "a: 1"),
                ("92.yaml.bak", "stages: {}"), ("93", "#cloud-config\n"),
                ("grubenv", "a=1"), ("95_userdata/userdata", "#cloud-config\n"), ("key.pem", "x")])
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, "oem", name))!);
                File.WriteAllText(Path.Combine(root, "oem", name), text);
            }

            Directory.CreateSymbolicLink(root + "/oem/94", "95_userdata");
            var problems = ConfigLint.CheckTree(root, []);
            Assert.All(problems, problem => Assert.True(problem is { IsWarning: true } && problem.Reason.StartsWith("not read:")));
            Assert.Equal(["91.YAML", "92.yaml.bak", "93", "94"], problems.Select(problem => Path.GetFileName(problem.File)).Order());
        }
        finally { Directory.Delete(root, recursive: true); }
    }

    [Fact]
    public void A_bad_file_of_a_named_directory_is_a_problem_of_the_run_and_the_others_are_read()
    {
        var directory = Directory.CreateTempSubdirectory("kairosboot-named-").FullName;
        try
        {
            File.CreateSymbolicLink(directory + "/1.yaml", "nowhere");
            File.WriteAllText(directory + "/2.yaml", "stages: {}");
            var texts = Assert.Single(ConfigArguments.ReadAll([directory], default)).Texts;
            Assert.Equal([("broken link", ""), ("", "stages: {}")], texts.Select(text => (text.Problem, text.Content)));
        }
        finally { Directory.Delete(directory, recursive: true); }
    }

    [Fact]
    public void Equal_findings_are_not_merged() => Assert.Equal(2,
        ConfigLint.Check("stages: {boot: [{name: e, files: [{path: /a, x: 1}, {path: /b, x: 1}]}]}", "f").Count(p => p.Key == "files.x"));

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'a', 0, 0x3D, 0xD8, 0x00, 0xDE }, "a😀")]
    [InlineData(new byte[] { 0xFE, 0xFF, 0, (byte)'a', 0, 0xE9 }, "aé")]
    [InlineData(new byte[] { 0xFF, 0xFE, 0x3D, 0xD8, (byte)'a', 0, (byte)'b' }, "\uFFFDa\uFFFD")]
    [InlineData(new byte[] { 0xEF, 0xBB, 0xBF, (byte)'a', 0xC3, 0xA9 }, "aé")]
    [InlineData(new byte[] { (byte)'a', 0xE9, (byte)'b' }, "a\uFFFDb")]
    [InlineData(new byte[0], "")]
    public void A_config_is_UTF_8_or_UTF_16_with_a_byte_order_mark(byte[] bytes, string text) =>
        Assert.Equal(text, ConfigEncoding.Decode(bytes));

    [Fact]
    public void Every_field_of_every_key_is_used_or_reported_as_without_effect()
    {
        var code = new StringBuilder();
        foreach (var project in (string[])["KairosBoot.CloudConfig", "KairosBoot.CloudConfig.Booted"])
        {
            var directory = Path.Combine(SourceTree.Root, "src", project);
            foreach (var file in Directory.EnumerateFiles(directory, "*.cs", SearchOption.AllDirectories))
                if (!file.Contains("/obj/") && !file.Contains("/Lint/")) code.Append(File.ReadAllText(file));
        }

        var fields = new List<string>();
        foreach (var key in BootedKeys.Table(TransferLimits.Production).Actions) AddFields(key.Schema, key.Name, fields);
        Assert.True(fields.Count > 60, $"only {fields.Count} fields");
        Assert.All(fields, field => Assert.True(IsRead(field, code.ToString()), $"nothing reads {field}"));
    }

    /// <summary>The verbs of systemctl are read in a loop over their names.</summary>
    private static bool IsRead(string field, string code) => field is "systemctl.enable" or "systemctl.disable" or "systemctl.mask" or
        "systemctl.start" || Regex.IsMatch(code, $"(Text|Texts|Find|Integer|Boolean|Joined|Names)\\((\\w+, )?\"{field.Split('.')[^1]}\"");

    private static void AddFields(Schema schema, string path, List<string> fields)
    {
        foreach (var (name, part) in schema.Parts)
        {
            if (part is Schema.NoEffectSchema) continue;
            if (name.Length > 0) fields.Add($"{path}.{name}");
            AddFields(part, name.Length > 0 ? $"{path}.{name}" : path, fields);
        }
    }
}
