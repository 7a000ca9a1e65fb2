namespace KairosBoot.Boot.Tests;

/// <summary>Cloud-config given to `kboot disk build` decides what persists, and acts in the system that has booted.</summary>
public sealed class CustomConfigTests : IDisposable
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

    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("kairosboot-custom-");

    public void Dispose() => _work.Delete(recursive: true);

    [Fact]
    public void A_custom_layout_replaces_the_default_one_and_stages_run_in_the_booted_system()
    {
        // disk: | BIOS boot | COS_GRUB | COS_OEM: demo.yaml binds.yaml stages.yaml | COS_RECOVERY | COS_STATE: the Debian | COS_PERSISTENT |
        string disk = Path.Combine(_work.FullName, "disk.raw");
        Tool.Run(Assets.KBoot, "disk", "build", "--image", Assets.SystemImage, "--recovery", Assets.RecoveryImage,
            "--cloud-config", Assets.DemoConfig, "--cloud-config", Config("binds.yaml", Binds), "--cloud-config", Config("stages.yaml", Stages),
            "--output", disk);
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "custom-layout", Disks = [disk], MemoryMiB = 1024 });
        GuestShell shell = GuestShell.LogIn(machine);

        string binds = shell.Run("findmnt -n -l -o TARGET,FSROOT | awk '$2 ~ /^\\/\\.state/ {print $1}' | sort");
        Assert.Equal(["/home", "/srv/data", "/var/lib/app", "/var/log"], binds.Split('\n'));
        Assert.Equal("overlay", shell.Run("findmnt -n -o FSTYPE -M /mnt"));
        Assert.Equal("overlay", shell.Run("findmnt -n -o FSTYPE -T /etc/ssh"));
        shell.Run("touch /srv/data/x /var/lib/app/x && test -e /usr/local/.state/srv-data.bind/x");

        LaterStagesHaveRun(shell);
        Assert.Equal("", shell.FailedUnits());
    }

    private string Config(string name, string content)
    {
        string path = Path.Combine(_work.FullName, name);
        File.WriteAllText(path, content);
        return path;
    }

    private static void LaterStagesHaveRun(GuestShell shell)
    {
        shell.Try("timeout 100 systemctl is-system-running --wait");
        Assert.Equal("fs\nboot.before of systemd\nboot\nboot.after\nnetwork\nnetwork.last", shell.Run("cat /run/stages"));
        Assert.Equal("by debian 600", shell.Run("echo $(cat /etc/from-boot) $(stat -c %a /etc/from-boot)"));
        // The journal names file, line and entry, with the severity.
        string[] errors = shell.Run("journalctl -b -u cos-setup-network -p err -o cat | cat").Split('\n');
        Assert.Equal(2, errors.Length);
        Assert.StartsWith("/oem/92_custom.yaml:15: broken: files: ", errors[0], StringComparison.Ordinal);
        Assert.Equal("/oem/92_custom.yaml:16: broken: commands: command 2: exit code 3", errors[1]);
        Assert.Contains("broken: complaint", shell.Run("journalctl -b -u cos-setup-network -o cat | cat").Split('\n'));

        // In five minutes, and then every hour; now by hand.
        Assert.Contains("cos-setup-reconcile.service", shell.Run("systemctl list-timers --no-pager cos-setup-reconcile.timer"), StringComparison.Ordinal);
        shell.Run("systemctl start cos-setup-reconcile.service && tail -n 1 /run/stages | grep -x reconcile");
        Assert.Equal("", shell.Run("systemd-analyze verify /usr/lib/systemd/system/cos-setup-*"));
        (int status, string said) = shell.Try("kboot stage run network");
        Assert.Equal(1, status);
        Assert.Contains("error: /oem/92_custom.yaml:15: broken: files: ", said, StringComparison.Ordinal);
        Assert.EndsWith("stage network: 3 run, 0 skipped, 2 errors, 0 warnings", said, StringComparison.Ordinal);
    }
}
