namespace KairosBoot.Boot.Tests;

/// <summary>Cloud-config given to `kboot disk build` decides what persists.</summary>
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

    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("kairosboot-custom-");

    public void Dispose() => _work.Delete(recursive: true);

    [Fact]
    public void A_custom_layout_replaces_the_default_one_and_adds_its_binds()
    {
        // disk: | BIOS boot | COS_GRUB | COS_OEM: demo.yaml binds.yaml | COS_RECOVERY | COS_STATE: the Debian | COS_PERSISTENT |
        string config = Path.Combine(_work.FullName, "binds.yaml");
        string disk = Path.Combine(_work.FullName, "disk.raw");
        File.WriteAllText(config, Binds);
        Tool.Run(Assets.KBoot, "disk", "build", "--image", Assets.SystemImage, "--recovery", Assets.RecoveryImage,
            "--cloud-config", Assets.DemoConfig, "--cloud-config", config, "--output", disk);
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "custom-layout", Disks = [disk], MemoryMiB = 1024 });
        GuestShell shell = GuestShell.LogIn(machine);

        string binds = shell.Run("findmnt -n -l -o TARGET,FSROOT | awk '$2 ~ /^\\/\\.state/ {print $1}' | sort");
        Assert.Equal(["/home", "/srv/data", "/var/lib/app", "/var/log"], binds.Split('\n'));
        Assert.Equal("overlay", shell.Run("findmnt -n -o FSTYPE -M /mnt"));
        Assert.Equal("overlay", shell.Run("findmnt -n -o FSTYPE -T /etc/ssh"));
        shell.Run("touch /srv/data/x /var/lib/app/x && test -e /usr/local/.state/srv-data.bind/x");
        Assert.Equal("", shell.Run("systemctl --failed --plain --no-legend"));
    }
}
