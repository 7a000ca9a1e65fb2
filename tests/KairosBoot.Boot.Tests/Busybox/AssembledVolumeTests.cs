using System.Text;

namespace KairosBoot.Boot.Tests;

/// <summary>Volumes on devices that a stage assembles from partitions with the tools of the image.</summary>
public sealed class AssembledVolumeTests
{
    // There is no udev, which both tools would wait for.
    private const string Assemble =
        """
        stages:
          rootfs:
            - commands:
                - |
                  export DM_DISABLE_UDEV=1 MDADM_NO_UDEV=1
                  echo key > /run/key
                  cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 /dev/vda3 /run/key
                  cryptsetup open --key-file /run/key /dev/vda3 persistent
                  mke2fs -q -L COS_PERSISTENT /dev/mapper/persistent
                  mdadm --create /dev/md0 --run --assume-clean -e 1.0 -l 1 -n 2 /dev/vda4 /dev/vdb1
                  mke2fs -q -F -L DATA /dev/md0
                  echo assembled $?

        """;

    [Fact]
    public void A_volume_in_LUKS_and_one_in_an_array_are_mounted()
    {
        // disks: | COS_OEM: the stage | COS_STATE: active.img with the tools | LUKS: COS_PERSISTENT | half of md0: DATA |, | other half |
        byte[] image = BusyboxRoot.ImageWith("assembled", tree =>
        {
            foreach (string tool in (string[])["cryptsetup", "dmsetup", "mdadm", "mke2fs"])
                BusyboxRoot.AddProgram(tree, "/usr/sbin/" + tool, "/sbin/" + tool);
            File.Copy(Assets.KBoot, tree + "/sbin/kboot");
        }, mebibytes: 40);
        using SmallDisk disk = new(new Partition("COS_OEM", 8, ("/10_assemble.yaml", Encoding.ASCII.GetBytes(Assemble))),
            new Partition("COS_STATE", 56, ("/cOS/active.img", image)), new Partition("CONTAINER", 32), new Partition("HALF", 16));
        using SmallDisk other = new(new Partition("OTHERHALF", 16));
        string initrd = Path.Combine(Path.GetDirectoryName(disk.File)!, "initrd");
        // ecb comes as a soft dependency of xts: without it, dm_crypt cannot map anything.
        Tool.Run(Assets.KBoot, "initrd", "build", "--root", Assets.KernelRoot, "--init", Assets.KairosBoot, "--modules",
            "virtio,dm_crypt,xts,raid1", "--output", initrd);
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "assembled", Disks = [disk.File, other.File], Initrd = initrd,
            CommandLine = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE kairosboot.timeout=60 panic=1 " +
                "rd.immucore.mount=LABEL=DATA:/srv kairosboot.modules=dm_crypt,xts kairosboot.modules=raid1",
        });
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Equal("/dev/dm-0", shell.Run("awk '$2 == \"/usr/local\" {print $1}' /proc/mounts"));
        Assert.Equal("/dev/md0", shell.Run("awk '$2 == \"/srv\" {print $1}' /proc/mounts"));
        Assert.Equal("good", Report.Of(shell).GetProperty("verdict").GetString());
        shell.Run("grep -q '^ecb ' /proc/modules");

        // An image that runs on a mapped loop device is found.
        shell.Run("""
            export DM_DISABLE_UDEV=1; l=$(losetup -f); losetup -r $l /run/initramfs/cos-state/cOS/active.img
            echo "0 $(blockdev --getsz $l) linear $l 0" | dmsetup create --readonly below
            echo "0 $(blockdev --getsz $l) linear /dev/mapper/below 0" | dmsetup create --readonly image
            mount -o ro /dev/mapper/image /mnt && mount -t tmpfs tmpfs /mnt/run && mkdir -p /mnt/run/initramfs/cos-state
            mount --bind /dev /mnt/dev && mount --bind /run/initramfs/cos-state /mnt/run/initramfs/cos-state
            """);
        Assert.EndsWith("already runs this image; no reboot is needed",
            shell.Run("kboot upgrade --host /mnt --image /run/initramfs/cos-state/cOS/active.img"), StringComparison.Ordinal);
    }
}
