using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>A check that the machine's owner adds decides whether a boot was good.</summary>
public sealed class HealthCheckTests : IDisposable
{
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

    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("kairosboot-health-");

    public void Dispose() => _work.Delete(recursive: true);

    [Fact]
    public void A_boot_whose_check_fails_is_not_good_until_the_check_is_content()
    {
        // disk: | BIOS boot | COS_GRUB | COS_OEM: demo.yaml check.yaml | COS_RECOVERY | COS_STATE: the Debian | COS_PERSISTENT |
        (string disk, string config) = (Path.Combine(_work.FullName, "disk.raw"), Path.Combine(_work.FullName, "check.yaml"));
        File.WriteAllText(config, Check);
        Tool.Run(Assets.KBoot, "disk", "build", "--image", Assets.SystemImage, "--recovery", Assets.RecoveryImage,
            "--cloud-config", Assets.DemoConfig, "--cloud-config", config, "--output", disk);
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "health-check", Disks = [disk], MemoryMiB = 1024 });
        GuestShell shell = GuestShell.LogIn(machine);
        shell.Try("timeout 100 systemctl is-system-running --wait");
        Assert.Equal("check.service", shell.Run("systemctl --failed --plain --no-legend | cut -d ' ' -f 1"));
        Assert.Equal("inactive", shell.Try("systemctl is-active kairosboot-good.service").Output);
        Assert.Equal((2, false), Active(shell));

        shell.Run("touch /run/well && systemctl start kairosboot-good.service");
        Assert.Equal((3, true), Active(shell));
    }

    private static (int Left, bool Good) Active(GuestShell shell)
    {
        using JsonDocument status = JsonDocument.Parse(shell.Run("kboot status --json"));
        JsonElement active = status.RootElement.GetProperty("slots")[0];
        return (active.GetProperty("triesLeft").GetInt32(), active.GetProperty("good").GetBoolean());
    }
}
