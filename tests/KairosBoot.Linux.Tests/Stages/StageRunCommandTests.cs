using System.Text.Json;
using KairosBoot.Linux.Tests.CloudConfig;

namespace KairosBoot.Linux.Tests.Stages;

/// <summary>kboot stage run and kboot lint as programs. The stages run in a scratch root, with --root.</summary>
public sealed class StageRunCommandTests : IDisposable
{
    private readonly ScratchRoot root = new();
    private readonly DirectoryInfo outside = Directory.CreateTempSubdirectory("kairosboot-outside-");

    public void Dispose()
    {
        root.Dispose();
        outside.Delete(recursive: true);
    }

    private string Outside(string name, string content)
    {
        var path = Path.Combine(outside.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    private (int Code, string Output, string Errors) Run(params string[] arguments) =>
        KBoot.Run(["stage", "run", .. arguments, "--root", root.At("/")]);

    private static string Says(string name) =>
        $"stages: {{boot.before: [{{commands: ['echo {name}.before >> " +
        $"/log']}}], boot: [{{name: n, commands: ['echo {name} >> /log']}}], boot.after: [{{commands: ['echo {name}.after >> /log']}}]}}";

    [Fact]
    public void The_passes_run_in_the_tree_and_the_machine_does_not_change()
    {
        var name = Environment.MachineName;
        var mounts = File.ReadAllText("/proc/self/mountinfo");
        root.Put("/system/oem/1.yaml", Says("system"), "0600");
        root.Put("/oem/1.yaml", Says("oem"), "0600");
        root.Put("/usr/local/cloud-config/1.yaml",
            "stages: {boot: [{hostname: of-the-tree, commands: ['echo local $(cat /proc/sys/kernel/hostname) >> /log', 'test -c " +
            "/dev/null -a -d /sys/class -a -d /run']}]}", "0600");
        var (code, output, errors) = Run("boot");
        Assert.Equal((0, "stage boot: 7 run, 0 skipped, 0 errors, 0 warnings\n"), (code, output));
        Assert.Equal("system.before\noem.before\nsystem\noem\nlocal " + name + "\nsystem.after\noem.after\n", root.Read("/log"));
        Assert.Contains("stage boot.before: /system/oem/1.yaml: boot.before[0]\n", errors);
        Assert.Equal("of-the-tree\n", root.Read("/etc/hostname"));
        Assert.Equal((name, mounts), (File.ReadAllText("/proc/sys/kernel/hostname").Trim(), File.ReadAllText("/proc/self/mountinfo")));
    }

    [Fact]
    public void Given_sources_are_read_outside_and_replace_those_of_the_tree()
    {
        root.Put("/oem/1.yaml", Says("oem"), "0600");
        var file = Outside("one", Says("file"));
        Outside("dir/2.yaml", Says("second"));
        Outside("dir/1.yaml", Says("first"));
        var (code, _, errors) =
            KBoot.RunWith(Says("stdin"), KBoot.Path, "stage", "run", "boot", "--root", root.At("/"), file,
            Path.Combine(outside.FullName, "dir"), "-");
        Assert.True(code == 0, errors);
        Assert.Equal("file.before\nfirst.before\nsecond.before\nstdin.before\nfile\nfirst\nsecond\nstdin\nfile.after\nfirst.after\n" +
            "second.after\nstdin.after\n", root.Read("/log"));
    }

    [Fact]
    public void A_source_may_be_the_text_itself()
    {
        var named = Outside("looks: like {text}", Says("file"));
        var (code, _, errors) = Run("boot", Says("one"), named, "#cloud-config\nruncmd: ['true']",
            "stages:\n  boot:\n  - commands: ['exit 3']\n");
        Assert.Equal((1, "one.before\nfile.before\none\nfile\none.after\nfile.after\n"), (code, root.Read("/log")));
        Assert.Contains("error: text of source 4:3: boot[0]: commands: command 1 (exit): exit code 3\n", errors);
        Assert.Contains("error: text of source 1:1: ", Run("boot", "stages: {boot: [}").Errors);
        Assert.Contains("none.yaml does not exist", Run("boot", "none.yaml").Errors);
    }

    [Fact]
    public void A_problem_has_file_line_entry_and_reason_and_gives_exit_code_1()
    {
        root.Put("/oem/1.yaml",
            "stages:\n  boot:\n  - name: first\n    comands: [x]\n    commands: ['echo said >&2; exit 4']\n  - name: second\n    files: " +
            "[{path: /a}]\n", "0600");
        var (code, output, errors) = Run("boot");
        Assert.Equal((1, "stage boot: 2 run, 0 skipped, 1 error, 1 warning\n", true), (code, output, root.Has("/a")));
        Assert.Contains("error: /oem/1.yaml:5: first: commands: command 1 (echo): exit code 4: said\n", errors);
        Assert.Contains("warning: /oem/1.yaml:4: first: comands: not a known key: did you mean commands?\n", errors);
        Assert.Contains("\nfirst: said\n", errors);

        using var json = JsonDocument.Parse(Run("boot", "--json").Output);
        var summary = json.RootElement;
        Assert.Equal(("boot", 2, 0),
            (summary.GetProperty("stage").GetString(), summary.GetProperty("entriesRun").GetInt32(),
            summary.GetProperty("entriesSkipped").GetInt32()));
        Assert.Equal(["warning 4 comands", "error 5 commands"],
            summary.GetProperty("problems").EnumerateArray().Select(p =>
            $"{p.GetProperty("severity").GetString()} {p.GetProperty("line").GetInt32()} {p.GetProperty("key").GetString()}"));
        Assert.Equal("/oem/1.yaml first",
            $"{summary.GetProperty("problems")[0].GetProperty("file").GetString()} " +
            $"{summary.GetProperty("problems")[0].GetProperty("entry").GetString()}");
    }

    [Fact]
    public void In_the_journal_each_line_has_its_severity()
    {
        root.Put("/oem/1.yaml", "stages: {boot: [{name: e, commands: ['exit 4']}]}", "0600");
        var log = Outside("log", "");
        // systemd.exec(5): JOURNAL_STREAM is device and inode of standard error.
        KBoot.RunWith("", "/bin/sh", "-c",
            $"JOURNAL_STREAM=$(stat -c %d:%i {log}) {KBoot.Path} stage run boot --root {root.At("/")} 2> {log}");
        Assert.Equal("<6>stage boot: /oem/1.yaml: e\n<3>/oem/1.yaml:1: e: commands: command 1 (exit): exit code 4\n",
            File.ReadAllText(log));
    }

    [Theory]
    [InlineData(2, "Required argument 'NAME' missing", "stage", "run")]
    [InlineData(2, "--none is not an option", "stage", "run", "boot", "--none")]
    [InlineData(2, "--none is not an option", "stage", "run", "--none")]
    [InlineData(1, "/none.yaml does not exist", "stage", "run", "boot", "/none.yaml")]
    [InlineData(1, "fetching failed: http://127.0.0.1:1/x: curl: (7)", "stage", "run", "boot", "http://127.0.0.1:1/x?t=S3CRET")]
    [InlineData(1, "/none is not a directory", "stage", "run", "boot", "--root", "/none")]
    [InlineData(1, "the cloud-config /none does not exist", "lint", "--cloud-config", "/none")]
    [InlineData(1, "/etc is a directory", "lint", "--cloud-config", "/etc")]
    [InlineData(2, "Give a PATH, --root or --cloud-config", "lint")]
    [InlineData(1, "/none is not a directory", "lint", "--root", "/none")]
    public void A_failure_is_one_sentence_on_standard_error(int code, string reason, params string[] arguments)
    {
        var (exit, _, errors) = KBoot.Run(arguments);
        Assert.Equal(code, exit);
        Assert.StartsWith("kboot: ", errors);
        Assert.Contains(reason, errors);
        Assert.DoesNotContain("S3CRET", errors);
        Assert.DoesNotContain("   at ", errors);
    }

    [Fact]
    public void Without_root_the_message_says_that_root_is_required()
    {
        var (code, _, errors) =
            KBoot.RunWith("", "/usr/bin/setpriv", "--reuid=65534", "--clear-groups", "--regid=65534", KBoot.Path, "stage", "run", "boot");
        Assert.Equal(1, code);
        Assert.Contains("requires root\n  to fix: run sudo kboot stage run boot", errors);
    }

    [Fact]
    public void A_tree_whose_run_is_a_link_is_not_entered()
    {
        Directory.Delete(root.At("/run"));
        File.CreateSymbolicLink(root.At("/run"), "/tmp");
        Assert.Contains("the directory /run in it", Run("boot").Errors);
    }

    [Theory]
    [InlineData("sleep 1000", "TERM", 143)]
    [InlineData("trap : TERM; while :; do sleep 1000; done", "INT", 130)]
    public void A_signal_ends_the_running_command_and_skips_the_rest(string command, string signal, int exitCode)
    {
        root.Put("/oem/1.yaml",
            $"stages: {{boot: [{{commands: ['echo $$ > /pid; {command}', 'touch /second']}}, {{files: [{{path: /third}}]}}]}}", "0600");
        using var kboot = KBoot.Start("/usr/bin/env", "--default-signal", KBoot.Path, "stage", "run", "boot", "--root", root.At("/"));
        Assert.True(SpinWait.SpinUntil(() => root.Has("/pid") && root.Read("/pid").EndsWith('\n'), TimeSpan.FromSeconds(60)),
            "it does not start");
        Syscall.Kill(kboot.Id, signal == "INT" ? 2 : 15);
        Assert.True(kboot.WaitForExit(TimeSpan.FromSeconds(60)), "it does not end");
        Assert.Equal((exitCode, false, false), (kboot.ExitCode, root.Has("/second"), root.Has("/third")));
        Assert.Contains("interrupted", kboot.StandardError.ReadToEnd());
        Assert.False(File.Exists($"/proc/{root.Read("/pid").Trim()}/exe"), "its command lives on");
    }

    [Fact]
    public void Lint_gives_line_and_column_and_exit_code_1_only_for_errors()
    {
        var good = Outside("good", "stages: {boot: [{commands: ['true']}]}\n");
        var odd = Outside("odd", "stages:\n  boot:\n  - comands: [x]\n");
        var bad = Outside("bad", "stages:\n  boot: [\n");
        Assert.Equal((0, "0 errors, 0 warnings\n"), Shown(KBoot.Run("lint", "--cloud-config", good)));
        Assert.Equal((0, $"warning: {odd}:3: boot[0]: comands: not a known key: did you mean commands?\n0 errors, 1 warning\n"),
            Shown(KBoot.Run("lint", "--cloud-config", good, "--cloud-config", odd)));
        var (code, output) = Shown(KBoot.Run("lint", "--cloud-config", bad, odd));
        Assert.Equal(1, code);
        Assert.Matches($"^error: {bad}:[0-9]+:[0-9]+: .*\nwarning: {odd}:3: ", output);
        using var json = JsonDocument.Parse(KBoot.Run("lint", "--json", "--cloud-config", bad).Output);
        Assert.True(json.RootElement.GetProperty("problems")[0].GetProperty("column").GetInt32() > 0);
    }

    [Fact]
    public void Lint_of_a_tree_finds_faults_of_the_tree_and_of_its_configs()
    {
        root.Put("/system/oem/1.yaml", "stages:\n  boot:\n  - comands: [x]\n", "0600");
        var (code, output) = Shown(KBoot.Run("lint", "--root", root.At("/")));
        Assert.Equal(1, code);
        Assert.Contains("error: the tree has no /sbin/init\n  to fix: install an init system", output);
        Assert.Contains("error: the tree has a machine-id", output);
        Assert.Contains("warning: the tree has no directory /sys to mount on", output);
        Assert.Contains("has no kernel", output);
        Assert.Contains("/system/oem/1.yaml:3: boot[0]: comands: not a known key: did you mean commands?\n", output);
        using var json = JsonDocument.Parse(KBoot.Run("lint", "--json", "--root", root.At("/")).Output);
        Assert.Equal("error", json.RootElement.GetProperty("tree")[0].GetProperty("severity").GetString());
        Assert.Equal(1, json.RootElement.GetProperty("problems").GetArrayLength());
    }

    private static (int, string) Shown((int Code, string Output, string Errors) run) => (run.Code, run.Output);
}
