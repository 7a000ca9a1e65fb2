using System.Text.Json;

namespace KairosBoot.Image.Tests.CommandLine;

/// <summary><c>kboot plan --root</c>: text, JSON, exit codes, and inputs from anybody.</summary>
public class PlanCommandTests : StateCommands
{
    private const string Config = "stages:\n  rootfs:\n    - environment_file: /run/cos/cos-layout.env\n      environment:\n" +
        "        VOLUMES: LABEL=COS_PERSISTENT:/usr/local\n        RW_PATHS: /etc /var\n        PERSISTENT_STATE_PATHS: /home\n";

    public PlanCommandTests()
    {
        SyntheticKernel.MakeBootable(PathOf("tree"));
        WriteText("oem/90.yaml", Config);
    }

    private string Plan(int exitCode, params string[] words) =>
        Run(exitCode, ["plan", "--root", PathOf("tree"), "--cloud-config", PathOf("oem"), .. words], isOnState: false);

    private static string[] CommandsOf(string json) => [.. JsonDocument.Parse(json).RootElement.GetProperty("steps").EnumerateArray()
        .Select(step => step.GetProperty("command").GetString()!)];

    [Fact]
    public void A_plan_is_the_same_in_text_and_in_json_and_a_shell_accepts_it()
    {
        var text = Plan(0, "--cmdline", "root=LABEL=COS_PASSIVE");
        Assert.StartsWith("# passive from /cOS/passive.img\n# assumed: each device exists once, and has an undamaged ext4\n\n# start:",
            text);
        var commands = CommandsOf(Plan(0, "--cmdline", "root=LABEL=COS_PASSIVE", "--json"));
        Assert.All(commands, command => Assert.Contains(command.Split('\n')[0], text));
        Assert.Equal(15, commands.Count(command => command.Contains("mount ")));
        HostTool.Run("sh", "-n", WriteText("plan.sh", text));
        HostTool.Run("python3", "-m", "json.tool", WriteText("plan.json", Plan(0, "--json")));
    }

    [Fact]
    public void What_prevents_the_boot_is_on_standard_error_with_exit_code_1()
    {
        Assert.Contains("error: the tree has no /sbin/nothing\n  to fix: ", Plan(1, "--cmdline", "init=/sbin/nothing"));
        WriteText("oem/90.yaml", Config.Replace("/usr/local", "/usr/local LABEL=DATA:/data"));
        // The boot works without this one, and says so.
        Assert.Contains("warning: the tree has no directory /data, which is a mount point\n  to fix: add the directory", Plan(0));
        Assert.Contains("/data", Plan(1, "--strict"));
        var problem = JsonDocument.Parse(Plan(0, "--json")).RootElement.GetProperty("problems")[0];
        Assert.Equal(("warning", "the tree has no directory /data, which is a mount point"),
            (problem.GetProperty("severity").GetString(), problem.GetProperty("problem").GetString()));
        Assert.StartsWith("add the directory", problem.GetProperty("fix").GetString());
        WriteText("oem/90.yaml", Config.Replace("/usr/local", "/usr/local LABEL=DATA:/data\n        REQUIRED_PATHS: /data"));
        Assert.Contains("error: the tree has no directory /data", Plan(1));
        // The build of an image adds these, but it cannot replace a file. kboot lint refuses that too.
        WriteText("oem/90.yaml", Config);
        Directory.Delete(PathOf("tree/home"));
        Plan(0, "--strict");
        WriteText("tree/home", "");
        Assert.Contains("error: /home is not a directory, so nothing can be mounted on it", Plan(1));
    }

    [Fact]
    public void Faults_of_the_inputs_are_warnings_with_their_place()
    {
        WriteText("oem/91.yaml", "stages:\n  rootfs:\n    - environment_file: /run/cos/custom-layout.env\n" +
            "      environment: {CUSTOM_BIND_MOUNTS: relative}\n");
        WriteText("oem/92.yaml", "stages: [\n");
        var output = Plan(0, "--cmdline", "kairosboot.timeout=soon");
        Assert.Contains("warning: command line: kairosboot.timeout=soon is not valid", output);
        Assert.Contains("warning: layout: /run/cos/custom-layout.env:1: CUSTOM_BIND_MOUNTS entry relative is not an absolute path", output);
        Assert.Contains("warning: /oem/92.yaml:", output);
        Assert.Contains("error: rd.immucore.uki asks for Trusted Boot", Plan(1, "--cmdline", "rd.immucore.uki"));
    }

    [Fact]
    public void Without_a_cloud_config_COS_OEM_is_empty_and_without_COS_OEM_the_image_has_its_own()
    {
        WriteText("tree/oem/1.yaml", Config.Replace("/etc /var", "/etc /srv"));
        string Of(params string[] words) => Run(0, ["plan", "--root", PathOf("tree"), .. words], isOnState: false);
        var empty = Of();
        Assert.Contains("# assumed: LABEL=COS_OEM has no cloud-configs\n", empty);
        Assert.Contains("lowerdir=/sysroot/var,", empty); // the default layout
        var own = Of("--cmdline", "rd.immucore.oemlabel=");
        Assert.DoesNotContain("LABEL=COS_OEM", own);
        Assert.DoesNotContain("lowerdir=/sysroot/var,", own);
        Assert.Contains("lowerdir=/sysroot/srv,", own);
    }

    // The output is a valid script also with hostile inputs.
    [Fact]
    public void A_line_break_in_a_foreign_name_starts_no_command()
    {
        WriteText("oem/a\nreboot\n.yaml", "stages:\n  rootfs:\n    - commands: [x]\n    - environment_file: /run/cos/cos-layout.env\n" +
            "      environment: {OVERLAY: \"LABEL=a\\nreboot\\n\", VOLUMES: \"LABEL=a\\nreboot:/data\"}\n");
        var text = Plan(0, "--cmdline", "cos-img/filename=\"/cOS/active\nreboot\n.img\"");
        Assert.Contains(@"# assumed: commands are not run: /oem/a\nreboot\n.yaml:3", text);
        Assert.Contains(@"# required: what the overlays hold: OVERLAY=LABEL=a\nreboot", text);
        text += Plan(1, "--cmdline", "init=\"/sbin/a\nreboot\n\"").Split("error: ")[0];
        Assert.Contains(@"# exec '/sbin/a\nreboot\n'", text);
        // A line that starts with it is the rest of a quoted name.
        var lines = text.Split('\n').Where(line => !line.StartsWith('#')).ToList();
        var starts = lines.Index().Where(line => line.Item.StartsWith("reboot", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(starts);
        Assert.All(starts, line => Assert.Equal(1, string.Concat(lines.Take(line.Index)).Count(c => c == '\'') % 2));
    }

    [Fact]
    public void A_machine_that_kairos_boot_did_not_start_has_no_next_boot() =>
        Assert.Matches("^kboot: (nothing is mounted at /run/initramfs/cos-state|planning the next boot).*\n  to fix: run .*--root DIR\n$",
            Run(1, ["plan"], isOnState: false));

    [Fact]
    public void Wrong_paths_and_control_characters_do_no_harm()
    {
        Assert.Contains("is not a directory\n  to fix: give --root", Run(1, ["plan", "--root", PathOf("none")], isOnState: false));
        Assert.Contains("is not a directory\n  to fix: give --cloud-config",
            Run(1, ["plan", "--root", PathOf("tree"), "--cloud-config", PathOf("oem/90.yaml")], isOnState: false));
        Assert.Contains("--root is empty", Run(2, ["plan", "--root", ""], isOnState: false));
        WriteText("oem/90.yaml", "stages:\n  rootfs:\n    - environment_file: /run/cos/cos-layout.env\n" +
            "      environment: {VOLUMES: \"LABEL=\\e[91mred:/data\"}\n");
        foreach (var output in (string[])[Plan(1, "--cmdline", "init=/sbin/\u001b[91mred\u0007"), Plan(0, "--json")])
        {
            Assert.DoesNotContain("\u001b", output);
            Assert.DoesNotContain("\u0007", output);
        }
    }
}
