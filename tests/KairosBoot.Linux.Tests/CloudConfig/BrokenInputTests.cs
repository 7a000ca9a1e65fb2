using System.Diagnostics;
using System.Text;
using KairosBoot.CloudConfig;
using KairosBoot.CloudConfig.Booted;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>
/// Random damage to a document that uses all features. Each input is checked, and some are run. The seed is fixed, so a failure is
/// repeatable. KAIROSBOOT_FUZZ_INPUTS sets the number of inputs (default: a few thousand), KAIROSBOOT_FUZZ_SEED another seed.
/// </summary>
public sealed class BrokenInputTests : IDisposable
{
    private const string Seed = """
        #cloud-config
        # comment
        x-common: &common {only_os: "Debian.*|(a|b)+[c-e]{1,3}", if: '[ -e /etc/passwd ] && ! grep -q "x" /etc/passwd || ( test -d /etc )'}
        hostname: n-{{ trunc 4 .MachineID }}
        users: [default, {name: me, passwd: "$6$a$b"}]
        write_files:
        - {path: /w, permissions: "0644", owner: "root:root", encoding: gz+b64, content: H4sIAAAAAAACA8tIzcnJBwCGphA2BQAAAA==}
        stages:
          initramfs.before: &before
          - <<: *common
            name: "first"
            files:
            - path: /a/b
              permissions: 0644
              content: |
                {{ .Values.os.name | lower | default "x" }}
                  {{ (index .Values.network 0).macaddress }}
                  {{ range $i, $n := .Values.network }}{{ if and (gt $i 0) (eq $n.name "lo") }}a{{ else if not $n }}b{{ else }}{{ $x := print $i }}{{ end }}{{- end }}
              encoding: >-
                b64
            directories: [{path: /d/e, permissions: 01777, owner: 0, group: 0, ownerstring: root}]
          initramfs:
          - environment_file: /run/x.env
            environment: {A: 1, B: "two $A \" \n", C: 'x'}
          - users: {kairos: {passwd: "*", groups: [adm], ssh_authorized_keys: ["k"], uid: 1200}}
            hostname: host
            ensure_entities: [{path: /etc/group, entity: "kind: group\ngroup_name: g\ngid: -1\nusers: a,b"}]
            authorized_keys: {root: [key]}
            delete_entities: [{entity: "kind: group\ngroup_name: g"}, {entity: "kind: shadow\nusername: daemon"}]
            dns: {nameservers: [1.1.1.1], search: [a, b], options: [rotate], path: /run/resolv.conf}
            if_files: {any: [/etc], none: []}
          - sysctl: {a.b: c}
            timesyncd: {NTP: a, FallbackNTP: b}
            datasource: {providers: [cdrom, config-drive, file, aws], path: /etc/hosts, userdata_name: x.yaml}
            systemd_firstboot: {keymap: it, root-password: p}
            systemctl: {overrides: [{service: s, content: c}]}
            after: [{name: first}]
            node: "^.*$"
            only_arch: amd64
          - *before
        """;

    private static readonly string[] Tokens =
    [
        "{{", "}}", "&a ", "*a", "<<: ", "[", "]", "{", "}", "- ", ": ", "\n", "\r\n", "\t", "  ", "|", ">", "'", "\"", "#", "%", "@", "`",
            "!!str ", "!!binary ", "? ", "---\n", "...\n",
        "\0", "\uFEFF", "\u2028", "\uD800", "\\", "\\x", "\\U0010FFFF", "0644", "~", "99999999999999999999", "-1", "true", "(", ")", "(((",
            "*", "+", "?", "{1000}", "[^", "$", "|", "../", "/", ":", "name", "stages", "files",
        "%YAML 9.9\n", "%TAG ! x\n", "&", "*", "!<", "é", "😀",
    ];

    private readonly ScratchRoot root = new();

    public void Dispose() => root.Dispose();

    internal static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : otherwise;

    [Fact]
    public void No_input_crashes_or_hangs_the_check_or_the_runner()
    {
        var random = new Random(Setting("KAIROSBOOT_FUZZ_SEED", 20260101));
        var inputs = Setting("KAIROSBOOT_FUZZ_INPUTS", 4000);
        File.Delete(root.At("/bin/sh"));
        int refused = 0, accepted = 0, ran = 0;
        root.Inside(() =>
        {
            var runner = new StageRunner(["/oem"], new StageFacts(), MessageLog.None);
            for (var i = 0; i < inputs; i++)
            {
                var text = Broken(random);
                var watch = Stopwatch.StartNew();
                try
                {
                    if (ConfigLint.Check(text, "f", scripts: false).Any(p => p.Column > 0)) refused++;
                    else accepted++;
                    if (i % 10 == 0)
                    {
                        FileText.Write("/oem/90.yaml", text);
                        ran += runner.Run("initramfs").EntriesRun;
                    }
                }
                catch (Exception e) { throw new InvalidOperationException($"input {i}:\n{text}", e); }
                Assert.True(watch.ElapsedMilliseconds < 60_000, $"input {i} took {watch.ElapsedMilliseconds} ms:\n{text}");
            }
        });
        // Both results must occur, or the test would prove nothing.
        Assert.InRange(refused, inputs / 20, inputs * 19 / 20);
        Assert.InRange(accepted, inputs / 20, inputs * 19 / 20);
        Assert.True(ran > inputs / 100);
    }

    private static string Broken(Random random)
    {
        var text = new StringBuilder(Seed);
        for (var damage = random.Next(1, random.Next(2, 8)); damage > 0; damage--)
        {
            var at = random.Next(text.Length);
            switch (random.Next(5))
            {
                case 0: text.Remove(at, Math.Min(random.Next(1, 20), text.Length - at)); break;
                case 1: text.Insert(at, Tokens[random.Next(Tokens.Length)]); break;
                case 2: text[at] = (char)random.Next(1, 0x180); break;
                case 3: text.Insert(at, text.ToString(at, Math.Min(random.Next(1, 60), text.Length - at))); break;
                default: text.Insert(at, string.Concat(Enumerable.Repeat(Tokens[random.Next(Tokens.Length)], random.Next(2, 200)))); break;
            }
        }
        return text.ToString();
    }

    [Theory]
    [InlineData("a: ", 200_000)]
    [InlineData("{", 200_000)]
    [InlineData("- - ", 200_000)]
    [InlineData("\"", 100_000)]
    [InlineData("&a ", 100_000)]
    [InlineData("!", 100_000)]
    [InlineData("#\n", 200_000)]
    [InlineData("---\n", 100_000)]
    [InlineData("a\n", 100_000)]
    [InlineData("x: 'a\n\n\n", 50_000)]
    [InlineData("a,", 200_000)]
    [InlineData("[a,", 100_000)]
    public void Endless_repetition_ends_soon(string piece, int times)
    {
        var watch = Stopwatch.StartNew();
        ConfigLint.Check(string.Concat(Enumerable.Repeat(piece, times)), "f", scripts: false);
        Assert.InRange(watch.ElapsedMilliseconds, 0, 60_000);
    }
}
