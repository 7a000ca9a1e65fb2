namespace KairosBoot.Boot.Tests;

/// <summary>A machine that Kairos has installed, with its own menu and another initrd in its images.</summary>
public sealed class KairosDiskTests
{
    // What a config for Kairos' initrd may name.
    private const string Config = """
        name: a config for the initrd of Kairos
        stages:
          rootfs:
            - name: paths of the image
              if: '[ -e /sysroot/name ] && [ -d /sysroot/oem ]'
              commands:
                - cp /sysroot/name /run/name-in-rootfs
                - touch /sysroot/written
        """;

    private const string State = "/run/initramfs/cos-state";

    [Fact]
    public void A_disk_of_Kairos_boots_upgrades_falls_back_and_resets()
    {
        // disks: as Kairos lays it out; and one with new.img and tool.raw, a system extension
        using KairosDisk disk = new(Config, UpgradeImages.Get("third", format: "squashfs"));
        using SmallDisk images = UpgradeImages.Disk(("new.img", UpgradeImages.Get("new")), ("tool.raw", Extension()));
        using UpgradingMachine machine = new(new MachineSpec { Name = "kairos", Disks = [disk.File, images.File] });
        Assert.Equal("active first good", Running(machine));
        CheckTools(machine.Shell);
        Assert.Equal("first", machine.Shell.Run("cat /run/name-in-rootfs; test ! -e /written"));
        Assert.Contains("booting active", machine.Shell.Run("cat /run/immucore/boot.log"), StringComparison.Ordinal);
        machine.Shell.Run("cd /var/lib/kairos && mkdir -p extensions/active && cp /mnt/tool.raw extensions/ && " +
            "ln -s ../tool.raw extensions/active/ && echo text > extensions/active/bad.raw && sync");

        Assert.Equal("active is new, passive is what was active", machine.Change("kboot upgrade --image /mnt/new.img").Outcome);
        machine.Restart();
        Assert.StartsWith("active new ", Running(machine), StringComparison.Ordinal);
        Assert.Equal("/var/lib/kairos/extensions/tool.raw", machine.Shell.Run("cd /run/extensions; readlink *"));
        Assert.Contains("bad.raw has no known file system", machine.Shell.Run("cat /run/kairosboot/boot.log"), StringComparison.Ordinal);
        // Nothing counts on this disk, and Kairos' own initrd would find the image in passive by its label.
        Assert.Equal("COS_PASSIVE", machine.Shell.Run(
            $"test ! -e {State}/bootstate && dd if={State}/cOS/passive.img bs=1 skip=1144 count=11 2>/dev/null"));

        machine.Shell.Run($"mount -o remount,rw {State} && mv {State}/cOS/active.img {State}/cOS/lost.img && sync && " +
            $"mount -o remount,ro {State}; sync");
        machine.Restart();
        Assert.Equal("passive first good", Running(machine));
        Assert.Contains("root=LABEL=COS_PASSIVE", machine.Shell.Run("cat /proc/cmdline"), StringComparison.Ordinal);

        Select(machine.Shell, "recovery");
        machine.Restart();
        Assert.StartsWith("recovery third ", Running(machine), StringComparison.Ordinal);
        // A reset by Kairos' agent copies the first one, and looks for the image at the second one.
        Assert.Equal("third", machine.Shell.Run("cat /run/rootfsbase/name; test ! -e /run/rootfsbase/proc/version"));
        machine.Shell.Run("test -s /run/initramfs/live/cOS/recovery.squashfs && test -d /run/rootfsbase/etc");
        Assert.Equal("active and passive are new", machine.Change("kboot reset").Outcome);
        machine.Restart();
        Assert.Equal("active third good", Running(machine));
        Assert.NotEqual(0, machine.Shell.Try($"test -e {State}/bootstate").Status);
    }

    [Fact]
    public void Live_media_are_refused_at_once()
    {
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "kairos-live", CommandLine = "root=live:CDLABEL=COS_LIVE rd.live.dir=/ rd.live.squashimg=rootfs.squashfs panic=1",
        });
        machine.ExpectEnd(TimeSpan.FromSeconds(120));
        ConsoleText.HoldsAll(machine.Console, "root=live:CDLABEL=COS_LIVE asks for live media");
        Assert.DoesNotContain("did not appear", machine.Console.Text, StringComparison.Ordinal);
    }

    private static string Running(UpgradingMachine machine) =>
        $"{Report.Of(machine.Shell).GetProperty("slot").GetString()} {machine.System.Name} {machine.System.Verdict}";

    // The other tools work with this menu, or say what to use instead.
    private static void CheckTools(GuestShell shell)
    {
        Assert.Contains("boot menu: that of Kairos", shell.Run("kboot status"), StringComparison.Ordinal);
        Assert.Contains("active is healthy", shell.Run("kboot assess good"), StringComparison.Ordinal);
        foreach (string command in (string[])["kargs add a=b", "select passive", "rollback", "pin", "assess bad passive", "assess reset"])
        {
            (int status, string output) = shell.Try("kboot " + command);
            Assert.Equal(1, status);
            Assert.Contains("has the boot menu of Kairos", output, StringComparison.Ordinal);
            Assert.Contains("grub-editenv /oem/grubenv", output, StringComparison.Ordinal);
        }
        Assert.NotEqual(0, shell.Try($"test -e {State}/bootstate || test -e {State}/kargs.new").Status);
        Assert.Contains(" of=owner", shell.Run("cat /proc/cmdline"), StringComparison.Ordinal);
    }

    // As grub-editenv, which the image does not have.
    private static void Select(GuestShell shell, string entry) => shell.Run(
        $"printf '# GRUB Environment Block\\nnext_entry={entry}\\n' > /run/block; " +
        "head -c $((1024 - $(stat -c %s /run/block))) /dev/zero | tr '\\0' '#' >> /run/block; cat /run/block > /oem/grubenv; sync; sync");

    private static byte[] Extension()
    {
        DirectoryInfo work = Directory.CreateTempSubdirectory("kairosboot-extension-");
        try
        {
            string tree = Path.Combine(work.FullName, "tree"), image = Path.Combine(work.FullName, "tool.raw");
            Directory.CreateDirectory(tree + "/usr/lib/extension-release.d");
            File.WriteAllText(tree + "/usr/lib/extension-release.d/extension-release.tool", "ID=_any\n");
            Tool.Run("mksquashfs", tree, image, "-all-root", "-quiet", "-no-progress");
            return File.ReadAllBytes(image);
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }
}
