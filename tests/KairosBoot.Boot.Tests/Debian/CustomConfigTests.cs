using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>
/// A Debian with cloud-config given to kboot disk build. Its health check fails, as /run/well is missing.
/// <code>| BIOS boot | COS_GRUB | COS_OEM: demo.yaml binds.yaml stages.yaml check.yaml | COS_RECOVERY |
/// COS_STATE: the Debian | COS_PERSISTENT |</code>
/// </summary>
public sealed class CustomMachine : IDisposable
{
    private const string Binds = """
        name: binds
        stages:
          rootfs:
            - name: what this machine keeps
              environment_file: /run/cos/cos-layout.env
              environment:
                VOLUMES: "LABEL=COS_PERSISTENT:/usr/local"
                OVERLAY: "tmpfs:30%"
                RW_PATHS: "/var /etc /srv /mnt"
                PERSISTENT_STATE_PATHS: "/home /var/log"
            - name: and what its owner adds
              environment_file: /run/cos/custom-layout.env
              environment:
                CUSTOM_BIND_MOUNTS: "/srv/data /var/lib/app"
        """;

    private const string Stages = """
        name: stages
        stages:
          fs:
            - commands: [echo fs >> /run/stages]
          boot.before:
            - commands: ["echo boot.before of $(cat /proc/1/comm) >> /run/stages"]
          boot:
            - commands: [echo boot >> /run/stages]
              files: [{path: /etc/from-boot, permissions: 0600, content: "by {{ .Values.os.vendor }}"}]
          boot.after:
            - commands: [echo boot.after >> /run/stages]
          network:
            - commands: [echo network >> /run/stages]
            - name: broken
              files: [{path: /etc/passwd/x}]
              commands: ["true", "echo complaint >&2; exit 3"]
            - commands: [echo network.last >> /run/stages]
          reconcile:
            - commands: [echo reconcile >> /run/stages]
        """;

    private const string Check = """
        name: health check
        stages:
          initramfs:
            - files:
                - path: /etc/systemd/system/check.service
                  content: |
                    [Unit]
                    Before=boot-complete.target
                    [Service]
                    Type=oneshot
                    ExecStart=/usr/bin/test -e /run/well
                    [Install]
                    RequiredBy=boot-complete.target
              systemctl:
                enable: [check.service]
        """;

    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("kairosboot-custom-");
    private readonly QemuMachine _machine;

    public CustomMachine()
    {
        string disk = Path.Combine(_work.FullName, "disk.raw");
        Tool.Run(Assets.KBoot, "disk", "build", "--image", Assets.SystemImage, "--recovery", Assets.RecoveryImage,
            "--cloud-config", Assets.DemoConfig, "--cloud-config", Config("binds.yaml", Binds),
            "--cloud-config", Config("stages.yaml", Stages), "--cloud-config", Config("check.yaml", Check), "--output", disk);
        _machine = QemuMachine.Start(new MachineSpec { Name = "custom-config", Disks = [disk], MemoryMiB = 1024 });
        try
        {
            Shell = GuestShell.LogIn(_machine);
            Shell.Try("timeout 100 systemctl is-system-running --wait");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public GuestShell Shell { get; } = null!;

    public void Dispose()
    {
        _machine.Dispose();
        _work.Delete(recursive: true);
    }

    private string Config(string name, string content)
    {
        string path = Path.Combine(_work.FullName, name);
        File.WriteAllText(path, content);
        return path;
    }
}

/// <summary>Cloud-config given to kboot disk build decides the layout, runs in the booted system, and can add a health check.</summary>
public sealed class CustomConfigTests(CustomMachine machine) : IClassFixture<CustomMachine>
{
    private GuestShell Shell => machine.Shell;

    [Fact]
    public void A_custom_layout_replaces_the_default_one()
    {
        string binds = Shell.Run("findmnt -n -l -o TARGET,FSROOT | awk '$2 ~ /^\\/\\.state/ {print $1}' | sort");
        Assert.Equal(["/home", "/srv/data", "/var/lib/app", "/var/log"], binds.Split('\n'));
        Assert.Equal("overlay", Shell.Run("findmnt -n -o FSTYPE -M /mnt"));
        Assert.Equal("overlay", Shell.Run("findmnt -n -o FSTYPE -T /etc/ssh"));
        Shell.Run("touch /srv/data/x /var/lib/app/x && test -e /usr/local/.state/srv-data.bind/x");
    }

    [Fact]
    public void The_stages_of_the_booted_system_run_in_order_and_report_errors_by_file_and_line()
    {
        Assert.Equal("fs\nboot.before of systemd\nboot\nboot.after\nnetwork\nnetwork.last", Shell.Run("cat /run/stages"));
        Assert.Equal("by debian 600", Shell.Run("echo $(cat /etc/from-boot) $(stat -c %a /etc/from-boot)"));
        // The journal names file, line and entry, with the severity.
        string[] errors = Shell.Run("journalctl -b -u cos-setup-network -p err -o cat | cat").Split('\n');
        Assert.Equal(2, errors.Length);
        Assert.StartsWith("/oem/92_custom.yaml:15: broken: files: ", errors[0], StringComparison.Ordinal);
        Assert.Equal("/oem/92_custom.yaml:16: broken: commands: command 2 (echo): exit code 3: complaint", errors[1]);
        Assert.Contains("broken: complaint", Shell.Run("journalctl -b -u cos-setup-network -o cat | cat").Split('\n'));

        // The timer starts it after five minutes and then every hour; start it now.
        Assert.Contains("cos-setup-reconcile.service", Shell.Run("systemctl list-timers --no-pager cos-setup-reconcile.timer"),
            StringComparison.Ordinal);
        Shell.Run("systemctl start cos-setup-reconcile.service && tail -n 1 /run/stages | grep -x reconcile");
        Assert.Equal("", Shell.Run("systemd-analyze verify /usr/lib/systemd/system/cos-setup-*"));
        (int status, string said) = Shell.Try("kboot stage run network");
        Assert.Equal(1, status);
        Assert.Contains("error: /oem/92_custom.yaml:15: broken: files: ", said, StringComparison.Ordinal);
        Assert.EndsWith("stage network: 3 run, 0 skipped, 2 errors, 0 warnings", said, StringComparison.Ordinal);
        Assert.Equal("", Shell.Run("systemctl --failed --plain --no-legend | cut -d ' ' -f 1 | grep -vx check.service || :"));
    }

    [Fact]
    public void A_boot_is_good_only_after_its_health_check_has_succeeded()
    {
        Assert.Equal("check.service", Shell.Run("systemctl --failed --plain --no-legend | cut -d ' ' -f 1"));
        Assert.Equal("inactive", Shell.Try("systemctl is-active kairosboot-good.service").Output);
        Assert.Equal((2, false), Active());

        Shell.Run("touch /run/well && systemctl start kairosboot-good.service");
        Assert.Equal((3, true), Active());
    }

    private (int Left, bool Good) Active()
    {
        using JsonDocument status = JsonDocument.Parse(Shell.Run("kboot status --json"));
        JsonElement active = status.RootElement.GetProperty("slots")[0];
        return (active.GetProperty("triesLeft").GetInt32(), active.GetProperty("good").GetBoolean());
    }
}
