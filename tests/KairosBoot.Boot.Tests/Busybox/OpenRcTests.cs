using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>A system with busybox as init and OpenRC for services, in an image and on a disk made by kboot.</summary>
public sealed class OpenRcTests : IDisposable
{
    private const string Config = """
        name: life
        stages:
          fs:
            - name: first
              commands: [echo fs >> /run/stages]
          boot.before:
            - commands: [echo boot.before >> /run/stages]
          boot:
            - name: broken
              files: [{path: /etc/passwd/x, content: x}]
            - name: second
              only_service_manager: openrc
              commands: [echo boot >> /run/stages]
          network:
            - name: third
              commands: [echo network >> /run/stages]
          reconcile:
            - name: every hour
              commands: [echo reconcile >> /run/stages]
        """;

    // A service that a distribution provides.
    private const string LocalMount = "#!/sbin/openrc-run\nstart() { :; }\n";
    private const string InitTab = """
        ::sysinit:/sbin/openrc sysinit
        ::sysinit:/sbin/openrc boot
        ::wait:/sbin/openrc default
        ::wait:/bin/echo busybox init has taken over
        ::respawn:-/bin/sh

        """;

    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("kairosboot-openrc-");

    public void Dispose() => _work.Delete(recursive: true);

    [Fact]
    public void The_stages_run_and_the_boot_is_reported_good()
    {
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "openrc", Disks = [Disk()] });
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Equal(["fs", "boot.before", "boot", "network"], shell.Run("cat /run/stages").Split('\n'));
        // A config that fails in part is reported and does not stop the boot.
        ConsoleText.HoldsLineWith(machine.Console, "90_custom.yaml", "broken", "files");
        Assert.Equal("", shell.Try("rc-status --crashed").Output);
        shell.Run("rc-service cos-setup-reconcile status");
        JsonElement status = JsonDocument.Parse(shell.Run("kboot status --json")).RootElement;
        JsonElement active = status.GetProperty("slots").EnumerateArray().Single(slot => slot.GetProperty("slot").GetString() == "active");
        Assert.Equal((3, true), (active.GetProperty("triesLeft").GetInt32(), active.GetProperty("good").GetBoolean()));
    }

    private string Disk()
    {
        string tree = At("tree"), image = At("system.img"), disk = At("disk.raw"), config = At("life.yaml");
        BusyboxRoot.MakeTree(tree, "openrc");
        Tool.Run("cp", "-a", Assets.KernelRoot + "/.", tree);
        // /lib is a directory in the tree of OpenRC and a link to /usr/lib in that of the kernel.
        Tool.Run("sh", "-c", $"tar -C '{Assets.OpenRc}' -c . | tar -C '{tree}' -x --keep-directory-symlink");
        File.WriteAllText(Path.Combine(tree, "etc/init.d/localmount"), LocalMount);
        Tool.Run("chmod", "755", Path.Combine(tree, "etc/init.d/localmount"));
        File.WriteAllText(Path.Combine(tree, "etc/inittab"), InitTab);
        File.WriteAllText(config, Config);
        Tool.Run(Assets.KBoot, "image", "build", "--root", tree, "--init", Assets.KairosBoot, "--modules", "virtio", "--output", image);
        Tool.Run(Assets.KBoot, "disk", "build", "--image", image, "--cloud-config", config, "--output", disk);
        return disk;
    }

    private string At(string name) => Path.Combine(_work.FullName, name);
}
