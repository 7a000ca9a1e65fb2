using KairosBoot.CloudConfig;
using KairosBoot.CloudConfig.Booted;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>What kboot plan expects of the stage rootfs is what a real run of it leaves.</summary>
public sealed class RootfsPreviewTests : IDisposable
{
    private const string CommandLine = "root=LABEL=COS_ACTIVE cos-img/filename=/cOS/active.img";

    private static readonly string[] LayoutFiles = [SystemPaths.Layout, SystemPaths.ExtraLayout, SystemPaths.CustomLayout];

    private readonly ScratchRoot root = new();

    public void Dispose() => root.Dispose();

    private StagePreview Preview(string commandLine = CommandLine) => RootfsPreview.Of(new PreviewMachine
    {
        Root = root.At(""), HasOem = true, Oem = root.At("oem"), CommandLine = commandLine,
        Sentinel = SystemPaths.Sentinels + "/active_mode", Architecture = new StageFacts().Architecture,
    });

    /// <summary>Runs the stage for real and compares what it wrote with what was expected before.</summary>
    private StagePreview Compare(string commandLine = CommandLine)
    {
        var preview = Preview(commandLine);
        root.Put("/run/cos/active_mode", "1", "0644");
        root.Put("/proc/cmdline", commandLine + "\n", "0444");
        root.Run("rootfs", SystemPaths.CloudConfigs, commandLine: commandLine);
        root.Inside(() => InstallMounts.Merge("/oem/", SystemPaths.CustomLayout, MessageLog.None, new ConfigDocuments()));
        string?[] expected = [preview.Layout, preview.ExtraLayout, preview.CustomLayout];
        Assert.Equal(LayoutFiles.Select(path => root.Has(path) ? root.Read(path) : null), expected);
        return preview;
    }

    [Fact]
    public void The_layout_of_several_files_sources_and_passes_is_that_of_a_run()
    {
        root.Put("/system/oem/00_rootfs.yaml", """
            stages:
              rootfs:
                - if: '[ -f /run/cos/active_mode ] || [ -f /run/cos/passive_mode ]'
                  environment_file: /run/cos/cos-layout.env
                  environment: {VOLUMES: "LABEL=COS_PERSISTENT:/usr/local", RW_PATHS: /var /etc, OVERLAY: "tmpfs:25%"}
                - if: '[ -f /run/cos/recovery_mode ] && grep -q COS_RECOVERY /proc/cmdline'
                  environment_file: /run/cos/cos-layout.env
                  environment: {RW_PATHS: /never}
                - only_os: Debian.*
                  only_os_version: ^12
                  environment_file: /run/cos/extra-layout.env
                  environment: {PERSISTENT_STATE_PATHS: /etc/extra}
              rootfs.after:
                - if_files: {all: [/run/cos/extra-layout.env], none: [/nothing]}
                  files: [{path: /run/cos/cos-layout.env, append: true, content: "MERGE=false\n"}]
            """, "0644");
        root.Put("/oem/90.yaml", "install: {bind_mounts: [/var/bind]}\nname: one\nstages:\n  rootfs:\n" +
            "  - name: late\n    after: [{name: one.early}]\n    environment_file: /run/cos/custom-layout.env\n" +
            "    environment: {OVERLAY_LIMITS: /late=1m}\n  - name: early\n    environment_file: /run/cos/custom-layout.env\n" +
            "    environment: {OVERLAY_LIMITS: /early=1m, CUSTOM_BIND_MOUNTS: /own}\n", "0600");
        var preview = Compare("stages.rootfs[0].environment_file=/run/cos/extra-layout.env " +
            "stages.rootfs[0].environment.CUSTOM=yes " + CommandLine);
        Assert.Contains("MERGE=false", preview.Layout);
        Assert.Contains("/late=1m", preview.CustomLayout);
        Assert.Contains("/own /var/bind", preview.CustomLayout);
        Assert.Contains("CUSTOM=", preview.ExtraLayout);
        Assert.Empty(preview.Assumptions);
        Assert.Empty(preview.Problems);
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    // No commands: nothing that is only known in the boot.
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Generated_configs_leave_the_layout_that_was_expected(int seed)
    {
        var random = new Random(seed);
        File.CreateSymbolicLink(root.At("etc/link"), "os-release");
        File.CreateSymbolicLink(root.At("etc/loop"), "loop");
        foreach (var (directory, number) in (IEnumerable<(string, int)>)[("system/oem", 0), ("oem", 1), ("oem/below", 2), ("oem", 3)])
            root.Put($"{directory}/{number}.yaml", Document(random, number), "0644");
        Compare();
    }

    private static string Document(Random random, int number) => $"name: d{number}\nstages:\n" +
        string.Concat(((string[])["rootfs.before", "rootfs", "rootfs.after"]).Select(stage => $"  {stage}:\n" +
            string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(entry => Entry(random, $"e{entry}")))));

    private static string Entry(Random random, string name)
    {
        var after = random.Next(3) == 0 ? $"    after: [{{name: d{random.Next(4)}.e{random.Next(4)}}}]\n" : "";
        var file = LayoutFiles[random.Next(3)];
        var action = random.Next(4) switch
        {
            0 => $"    directories: [{{path: /etc/d{random.Next(3)}}}]\n",
            1 => $"    files: [{{path: {file}, append: {(random.Next(2) == 0 ? "true" : "false")}, content: \"{Variable(random)}\\n\"}}]\n",
            2 => $"    files: [{{path: /etc/f{random.Next(3)}, encoding: b64, content: eA==}}]\n",
            _ => $"    environment_file: {file}\n    environment: {{K{random.Next(5)}: /v{random.Next(9)} x, N: {random.Next(99)}}}\n",
        };
        return $"  - name: {name}\n{after}    if: '{Condition(random, 3)}'\n{action}";
    }

    private static string Variable(Random random) => $"K{random.Next(5)}=/w{random.Next(9)}";

    private static string Condition(Random random, int depth)
    {
        string[] paths = ["/etc/f0", "/etc/f1", "/etc/d0", "/etc/d1", "/etc/link", "/etc/loop", "/etc/passwd", "/run/cos/active_mode",
            "/run/cos/cos-layout.env", "/sysroot/nothing", "/oem/1.yaml", "/nothing"];
        var path = paths[random.Next(paths.Length)];
        var term = random.Next(4) switch
        {
            0 when depth > 0 => $"( {Condition(random, depth - 1)} )",
            1 => $"grep -q {(random.Next(2) == 0 ? "COS_ACTIVE" : "nowhere")} /proc/cmdline",
            2 => $"! [ -{"efdsLr"[random.Next(6)]} {path} ]",
            _ => $"test -{"efdsLr"[random.Next(6)]} {path}",
        };
        return depth > 0 && random.Next(2) == 0 ? $"{term} {(random.Next(2) == 0 ? "&&" : "||")} {Condition(random, depth - 1)}" : term;
    }

    [Fact]
    public void Nothing_is_run_and_what_only_the_machine_knows_is_an_assumption()
    {
        root.Put("/oem/90.yaml", """
            stages:
              rootfs:
                - if: 'touch /ran'
                  environment_file: /run/cos/cos-layout.env
                  environment: {RW_PATHS: /never}
                - if: '[ -e /proc/acpi ]'
                  commands: [touch /ran]
                - node: node1
                  commands: [touch /ran]
                - commands: [touch /ran]
                  datasource: {providers: [cdrom]}
                - layout: {device: {label: COS_PERSISTENT}, expand_partition: {size: 0}}
                - files: [{path: /run/cos/custom-layout.env, content: "A={{ .Values.os.vendor }}"}]
            """, "0644");
        var preview = Preview("cos.setup=/oem/more.yaml");
        Assert.Null(preview.Layout);
        Assert.Equal("A={{ .Values.os.vendor }}", preview.CustomLayout);
        Assert.Equal(
        [
            "a condition that only the machine can evaluate (if) counts as false: /oem/90.yaml:3, /oem/90.yaml:6",
            "a condition that only the machine can evaluate (node) counts as false: /oem/90.yaml:8",
            "commands are not run: /oem/90.yaml:10",
            "user-data of a provider is not read: /oem/90.yaml:11",
            "partitions that a config adds or grows count as they are: /oem/90.yaml:12",
            "templates are not filled in: /oem/90.yaml:13",
            "the source on the kernel command line is not read: cos.setup",
        ], preview.Assumptions);
        Assert.False(root.Has("/ran"));
        Assert.False(root.Has("/run/cos"));
    }

    // The tree and the configs may be anybody's.
    [Fact]
    public void A_tree_with_links_pipes_and_large_files_leads_nowhere_else()
    {
        var outside = Directory.CreateTempSubdirectory("kairosboot-outside-");
        File.WriteAllText(Path.Combine(outside.FullName, "secret.yaml"),
            "stages: {rootfs: [{environment_file: /run/cos/cos-layout.env, environment: {SECRET: x}}]}");
        Directory.CreateDirectory(root.At("system"));
        File.CreateSymbolicLink(root.At("system/oem"), outside.FullName);
        File.CreateSymbolicLink(root.At("oem/1.yaml"), Path.Combine(outside.FullName, "secret.yaml"));
        File.CreateSymbolicLink(root.At("oem/2.yaml"), "2.yaml");
        MountNamespace.Tool("mkfifo", root.At("oem/3.yaml"));
        using (var large = File.Create(root.At("oem/4.yaml"))) large.SetLength(ReadLimit.Config.Bytes + 1);
        // Of COS_OEM only its own files are known here.
        File.CreateSymbolicLink(root.At("oem/5.yaml"), "/etc/os-release");
        Directory.CreateDirectory(root.At("oem/6.yaml"));
        root.Put("/oem/7.yaml", "stages: {rootfs: [{if: '[ -e /system/oem/secret.yaml ]', environment: {A: b}}, " +
            "{environment_file: /run/cos/cos-layout.env, environment: {RW_PATHS: /etc}}]}", "0644");
        var preview = Preview();
        outside.Delete(recursive: true);
        Assert.Equal("RW_PATHS=\"/etc\"\n", preview.Layout);
        Assert.Equal(["/oem/1.yaml", "/oem/2.yaml", "/oem/3.yaml", "/oem/4.yaml", "/oem/5.yaml"],
            preview.Problems.Select(problem => problem.File).Distinct().Order());
    }
}
