using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace KairosBoot.Boot.Tests;

/// <summary>
/// What kboot plan prints on this host for the busybox root is what a machine with that root has done: every command, in the same order,
/// with the same class.
/// </summary>
internal static partial class PlannedBoot
{
    private const string FsTab = "install -D -m 644 /dev/stdin /sysroot/etc/fstab <<'EOF'\n";

    /// <summary>Kernel options of the machine: a log of the commands, and a volume of a partition DATA.</summary>
    public const string Options = " rd.immucore.debug rd.immucore.mount=LABEL=DATA:/usr/local/data";

    /// <summary>A config for its COS_OEM: more paths for the default layout, from each layout file that can be added to it.</summary>
    public static byte[] Config => Encoding.UTF8.GetBytes("""
        install: {bind_mounts: [/var/own], ephemeral_mounts: [/mnt]}
        stages:
          rootfs:
            - if: '[ -f /run/cos/active_mode ] && ! grep -q nowhere /proc/cmdline'
              environment_file: /run/cos/extra-layout.env
              environment:
                PERSISTENT_STATE_PATHS: /srv/kept
                MOUNT_OPTIONS: /srv/kept=noexec /run/initramfs/cos-state=nosuid,nodev,noexec,noatime
            - if: '[ -f /run/cos/recovery_mode ]'
              environment_file: /run/cos/cos-layout.env
              environment: {RW_PATHS: /never}

        """);

    /// <summary>Compares the plan of this boot, made on this host, with its report and its log.</summary>
    public static void Compare(GuestShell shell)
    {
        string[] planned = Compare(Plan(shell.Run("cat /proc/cmdline")), Report.Of(shell));
        // The kernel's own file systems are mounted before there is a log.
        string log = Stamps().Replace(shell.Run("cat /run/kairosboot/boot.log"), "");
        int at = 0;
        foreach (string command in planned.Skip(4))
        {
            at = log.IndexOf(command.StartsWith("# write", StringComparison.Ordinal) ? FsTab.TrimEnd() : command.Split('\n')[0], at,
                StringComparison.Ordinal);
            Assert.True(at >= 0, $"not in the log, or earlier: {command}");
        }
    }

    /// <summary>Compares a plan with the report of the boot.</summary>
    /// <returns>The commands.</returns>
    public static string[] Compare(JsonElement plan, JsonElement report)
    {
        (string Class, string Command)[] done = [.. from step in report.GetProperty("steps").EnumerateArray()
            select (step.GetProperty("class").GetString()!, WithoutUnknown(step.GetProperty("command").GetString()!))];
        (string Class, string Command)[] planned = [.. from step in plan.GetProperty("steps").EnumerateArray()
            where step.GetProperty("class").GetString() is not null
            select (step.GetProperty("class").GetString()!, WithNodes(WithoutUnknown(step.GetProperty("command").GetString()!), report))];
        Assert.Equal(string.Join('\n', planned), string.Join('\n', done));
        return [.. planned.Select(step => step.Command)];
    }

    private static JsonElement Plan(string commandLine)
    {
        DirectoryInfo work = Directory.CreateTempSubdirectory("kairosboot-plan-");
        try
        {
            string tree = Path.Combine(work.FullName, "tree"), oem = Path.Combine(work.FullName, "oem");
            BusyboxRoot.MakeTree(tree, "plain");
            GrubDisk.MakeBootable(tree, new()); // the machine has kernel and initrd from elsewhere
            Directory.CreateDirectory(oem);
            File.WriteAllBytes(Path.Combine(oem, "90_layout.yaml"), Config);
            string plan = Tool.Run(Assets.KBoot, "plan", "--cmdline", commandLine, "--root", tree, "--cloud-config", oem, "--json");
            JsonElement root = Parse(plan);
            Assert.Empty(root.GetProperty("problems").EnumerateArray());
            return root;
        }
        finally { work.Delete(recursive: true); }
    }

    /// <summary>The output of kboot plan --json. An independent tool checks it against the schema.</summary>
    public static JsonElement Parse(string plan)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, plan);
            Tool.Run("/usr/bin/python3", "-m", "jsonschema", "--instance", file, Assets.PlanSchema);
        }
        finally { File.Delete(file); }
        return JsonDocument.Parse(plan).RootElement;
    }

    // Before the boot, a device is known by its label only.
    private static string WithNodes(string command, JsonElement report)
    {
        foreach (JsonElement device in report.GetProperty("devices").EnumerateArray())
        {
            if (device.GetProperty("label").GetString() is { } label)
                command = Regex.Replace(command, $@"LABEL={label}\b", device.GetProperty("device").GetString()!);
        }

        return command;
    }

    // When the volumes were written last is not known either, which may set the clock; nor is the content of fstab.
    private static string WithoutUnknown(string command) => command.StartsWith(FsTab, StringComparison.Ordinal)
        ? "# write /sysroot/etc/fstab from the mounts in /proc/self/mountinfo" : Stamps().Replace(command, "");

    [GeneratedRegex(@"for t in [0-9 ]+; do \[ \$t -le \$n \] .*?; done; ")]
    private static partial Regex Stamps();
}
