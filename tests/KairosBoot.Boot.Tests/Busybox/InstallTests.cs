namespace KairosBoot.Boot.Tests;

/// <summary>A machine installs its system on another disk.</summary>
public sealed class InstallTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(300);

    [Fact]
    public void An_installed_disk_boots_alone_with_both_firmwares()
    {
        // disks: | COS_OEM | COS_RECOVERY: recovery.squashfs (busybox, mke2fs, debugfs, GRUB's files) | and an empty disk of 1 GiB
        using SmallDisk recovery = new(new Partition("COS_OEM", 8),
            new Partition("COS_RECOVERY", 64, ("/cOS/recovery.squashfs", Squashfs())));
        string empty = Path.Combine(Path.GetTempPath(), $"kairosboot-empty-{Environment.ProcessId}.raw");
        using (FileStream file = File.Create(empty))
        {
            file.SetLength(1L << 30);
        }
        string installed = Install(recovery.File, empty);
        File.Delete(empty);

        foreach (Firmware firmware in (Firmware[])[Firmware.Bios, Firmware.Uefi])
        {
            using QemuMachine machine =
                QemuMachine.Start(new MachineSpec { Name = "installed-" + firmware, Firmware = firmware, Disks = [installed] });
            GuestShell shell = GuestShell.OfBusybox(machine);
            Assert.Equal("active_mode", shell.Run("cd /run/cos; ls *_mode"));
            Assert.Equal(firmware == Firmware.Uefi, shell.Try("test -d /sys/firmware/efi").Status == 0);
            Assert.EndsWith("/cOS/active.img", shell.Run("losetup -a | head -n 1"), StringComparison.Ordinal);
            Assert.Equal("good", Report.Of(shell).GetProperty("verdict").GetString());
            Assert.Contains("installed by recovery", shell.Run("cat /oem/90_custom.yaml"), StringComparison.Ordinal);
            Assert.Contains("kept=by-the-machine", shell.Run("cat /proc/cmdline"), StringComparison.Ordinal);
            Assert.Contains("/dev/vda7 on /usr/local", shell.Run("mount"), StringComparison.Ordinal);
            Assert.Equal("active is good", shell.Run("kboot assess good"));
        }
        File.Delete(installed);
    }

    /// <summary>Installs from recovery on an empty disk; returns that disk.</summary>
    private static string Install(string recovery, string empty)
    {
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "install",
            Disks = [recovery, empty],
            CommandLine = "cos-img/filename=/cOS/recovery.squashfs root=LABEL=COS_RECOVERY panic=1",
        });
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Equal("recovery_mode", shell.Run("cd /run/cos; ls *_mode"));
        Assert.Contains("/dev/vda is in use: /dev/vda1 is mounted at /oem; /dev/vda2 is mounted at /run/initramfs/cos-state",
            shell.Try("kboot install --device /dev/vda --force").Output, StringComparison.Ordinal);
        Assert.Contains("would install /run/initramfs/cos-state/cOS/recovery.squashfs on /dev/vdb 1.0 GiB",
            shell.Run("kboot install --device auto --dry-run"), StringComparison.Ordinal);
        shell.Run("printf '#cloud-config\\n# installed by recovery\\ninstall: {device: /dev/vdb, extra-partitions: [{label: DATA, size: " +
            "16}]}\\n' > /run/config.yaml");
        string output = shell.Run("kboot install --cloud-config /run/config.yaml --append kept=by-the-machine");
        Assert.Contains("installed /run/initramfs/cos-state/cOS/recovery.squashfs on /dev/vdb", output, StringComparison.Ordinal);
        Assert.Equal("/dev/vdb7", shell.Run("ls /dev/vdb7"));
        shell.Leave("sync; poweroff -f");
        machine.ExpectEnd(Limit);
        return machine.DiskAsLeft(1);
    }

    private static byte[] Squashfs()
    {
        DirectoryInfo work = Directory.CreateTempSubdirectory("kairosboot-squashfs-");
        try
        {
            string tree = Path.Combine(work.FullName, "tree"), image = Path.Combine(work.FullName, "image");
            BusyboxRoot.MakeTree(tree, "installer");
            GrubDisk.MakeBootable(tree, new GrubDisk.Kind { FileSystemTools = true });
            string grub = Path.Combine(tree, "usr/lib/kairosboot/grub");
            Directory.CreateDirectory(grub);
            foreach (string name in (string[])["boot.img", "core.img", "bootx64.efi"])
                Tool.Run("debugfs", "-R", $"dump /usr/lib/kairosboot/grub/{name} {grub}/{name}", Assets.SystemImage);
            Tool.Run("mksquashfs", tree, image, "-quiet", "-no-progress", "-all-root", "-comp", "gzip");
            return File.ReadAllBytes(image);
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }
}
