namespace KairosBoot.Boot.Tests;

/// <summary>Disks that a user has changed between two boots, to make the next one hang, mount over the system or follow a link out of a
/// store.</summary>
public sealed class HostileDiskTests
{
    private const string CommandLine = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE kairosboot.timeout=20 panic=1";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private const string Config =
        """
        #cloud-config
        stages:
          rootfs:
            - commands: ["mkfifo /run/cos/cos-layout.env", "echo PERSISTENT_STATE_PATHS=/home/u/data > /run/cos/extra-layout.env"]

        """;

    [Fact]
    public void A_machine_with_hostile_pipes_and_links_boots_and_reports_them()
    {
        // disk: | COS_OEM: a config | COS_STATE: active.img with /usr/lib | COS_PERSISTENT |
        byte[] image = BusyboxRoot.ImageWith("active", tree =>
        {
            Directory.CreateDirectory(tree + "/usr/lib");
            File.WriteAllText(tree + "/usr/lib/file", "");
            File.WriteAllText(tree + "/opt/file", "");
        });
        using SmallDisk disk = new(
            new Partition("COS_OEM", 16, ("/90.yaml", System.Text.Encoding.ASCII.GetBytes(Config))),
                new Partition("COS_STATE", 32, ("/cOS/active.img", image)),
            new Partition("COS_PERSISTENT", 16));
        using QemuMachine first =
            QemuMachine.Start(new MachineSpec
            {
                Name = "hostile-disk", Initrd = Assets.Initrd, Disks = [disk.File],
                CommandLine = CommandLine
            });
        GuestShell shell = GuestShell.OfBusybox(first);
        Assert.Contains(" /home/u/data ", shell.Run("cat /proc/mounts"), StringComparison.Ordinal);
        shell.Run("umount /home/u/data && rmdir /home/u/data && chown 1000 /home/u && ln -s /usr/lib /home/u/data && chown -h 1000 " +
            "/home/u/data");
        shell.Run("cd /usr/local && for f in etc/machine-id .state/.kairosboot/manifest /oem/machine-id; do rm -f $f && mkfifo $f || " +
            "exit 1; done");
        shell.Run("umount /opt && rm -rf /usr/local/.state/opt.bind && ln -s /etc /usr/local/.state/opt.bind && chown -h 1000 " +
            "/usr/local/.state/opt.bind");
        shell.Run("mkdir -p /oem/kairosboot && echo log > /oem/kairosboot/failed-boots.reported && chmod 644 " +
            "/oem/kairosboot/failed-boots.reported");
        shell.Leave("poweroff");
        first.ExpectEnd(Limit);

        using QemuMachine second = first.SwitchOnAgain();
        shell = GuestShell.OfBusybox(second);
        Assert.Equal("file", shell.Run("ls /usr/lib"));
        Assert.DoesNotContain(" /usr/lib ", shell.Run("cat /proc/mounts"), StringComparison.Ordinal);
        Assert.Equal("file", shell.Run("ls /opt"));
        Assert.Contains(" /home ", shell.Run("cat /proc/mounts"), StringComparison.Ordinal);
        Assert.Equal("1", shell.Run(
            "cat /etc/machine-id /oem/machine-id /usr/local/etc/machine-id | grep -x '[0-9a-f]\\{32\\}' | sort -u | wc -l").Trim());
        Assert.Equal("640\n640", shell.Run("stat -c %a /oem/kairosboot/failed-boots.reported /run/kairosboot/report.json"));
        string report = shell.Run("cat /run/kairosboot/report.json");
        Assert.Equal("degraded", Report.Parse(report).GetProperty("verdict").GetString());
        foreach (string part in (string[])["/home/u/data belongs to user 1000 but leads to", "opt.bind belongs to user 1000 but leads to",
            ".state/.kairosboot/manifest is a FIFO", "etc/machine-id is a FIFO", "cos-layout.env is a FIFO"])
        {
            Assert.Contains(part, report, StringComparison.Ordinal);
        }
        shell.Leave("poweroff");
        second.ExpectEnd(Limit);

        // Files that can be replaced were replaced; paths that only a person can decide about are still refused.
        using QemuMachine third = second.SwitchOnAgain();
        report = GuestShell.OfBusybox(third).Run("cat /run/kairosboot/report.json");
        Assert.DoesNotContain("manifest is a FIFO", report, StringComparison.Ordinal);
        Assert.DoesNotContain("machine-id is a FIFO", report, StringComparison.Ordinal);
        Assert.Contains("/home/u/data belongs to user 1000", report, StringComparison.Ordinal);
    }
}
