namespace KairosBoot.Boot.Tests;

/// <summary>
/// A disk as Kairos' installer lays it out, with a menu written for the tests from the documented variables, and busybox images whose only
/// difference from a Kairos image is the initrd. There are no counters:
/// <code>| bios | efi | oem: grubenv | recovery: recovery.squashfs | state: active.img passive.img (ext2), grub.cfg | persistent |</code>
/// </summary>
internal sealed class KairosDisk : IDisposable
{
    private const int Oem = 3, Recovery = 4;

    private const string Menu = """
        set timeout=1
        set fallback="0 1 2"
        search --no-floppy --file --set=env_blk /grubenv
        if [ -n "$env_blk" ]; then load_env -f "($env_blk)/grubenv"; fi
        if [ -n "$next_entry" ]; then
          set default="$next_entry"
          set next_entry=
          save_env -f "($env_blk)/grubenv" next_entry
        else
          set default="$saved_entry"
        fi
        set base="console=tty1 console=ttyS0 net.ifnames=1 rd.cos.oemlabel=COS_OEM rd.cos.oemtimeout=10 panic=1 rd.emergency=reboot rd.shell=0"
        function entry {
          search --no-floppy --label --set=root "$1"
          if [ -d (loop0) ]; then loopback -d loop0; fi
          loopback loop0 "$2"
        }
        menuentry "Kairos" --id cos {
          entry COS_STATE /cOS/active.img
          linux (loop0)/boot/vmlinuz $base root=LABEL=COS_ACTIVE cos-img/filename=/cOS/active.img selinux=0 $extra_cmdline
          initrd (loop0)/boot/initrd
        }
        menuentry "Kairos (fallback)" --id fallback {
          entry COS_STATE /cOS/passive.img
          linux (loop0)/boot/vmlinuz $base root=LABEL=COS_PASSIVE cos-img/filename=/cOS/passive.img selinux=0 $extra_cmdline
          initrd (loop0)/boot/initrd
        }
        menuentry "Kairos recovery" --id recovery {
          entry COS_RECOVERY /cOS/recovery.squashfs
          linux (loop0)/boot/vmlinuz $base root=live:LABEL=COS_RECOVERY rd.live.dir=/ rd.live.squashimg=/cOS/recovery.squashfs selinux=0
          initrd (loop0)/boot/initrd
        }

        """;

    private readonly GrubDisk _disk;

    /// <param name="cloudConfig">A file on COS_OEM.</param>
    /// <param name="recovery">The recovery image, a squashfs.</param>
    internal KairosDisk(string cloudConfig, byte[] recovery)
    {
        _disk = new GrubDisk(UpgradeImages.First with { CloudConfig = cloudConfig });
        string[] names = ["bios", "efi", "oem", "recovery", "state", "persistent"];
        Tool.Run("sgdisk", [.. names.Select((name, index) => $"--change-name={index + 1}:{name}"), _disk.File]);
        _disk.Replace("/cOS/active.img", Image("first", "COS_ACTIVE"));
        _disk.Replace("/cOS/passive.img", Image("second", "COS_PASSIVE"));
        _disk.Replace("/bootstate", null);
        _disk.OnState("rm /kargs");
        _disk.Replace("/grub/grub.cfg", System.Text.Encoding.ASCII.GetBytes(Menu));
        _disk.OnPartition(Oem, $"write {_disk.FileWith(GrubDisk.Block("next_entry=\nextra_cmdline=of=owner\n"))} grubenv");
        _disk.OnPartition(Recovery, "cd /cOS", "rm recovery.img", $"write {_disk.FileWith(recovery)} recovery.squashfs");
    }

    internal string File => _disk.File;

    public void Dispose() => _disk.Dispose();

    private static byte[] Image(string name, string label)
    {
        DirectoryInfo work = Directory.CreateTempSubdirectory("kairosboot-kairos-");
        try
        {
            string tree = Path.Combine(work.FullName, "tree"), image = Path.Combine(work.FullName, "image");
            BusyboxRoot.MakeTree(tree, name);
            GrubDisk.MakeBootable(tree, UpgradeImages.First);
            Tool.Run("mke2fs", "-q", "-F", "-t", "ext2", "-L", label, "-d", tree, "-E", "root_owner=0:0", image, "48M");
            return System.IO.File.ReadAllBytes(image);
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }
}
