using System.Text;
using KairosBoot.Lifecycle;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.Install;

/// <summary>What is on a disk, compared with blkid, and with formats that the programs of the distribution make.</summary>
public sealed class DiskContentsTests
{
    private const int DiskMebibytes = 1500;

    // Makes the format on the disk $1, and the name that must be in the message; null: the one that blkid gives.
    private static readonly (string Make, string? Name)[] Formats =
    [
        ("mke2fs -q -F $1", null), ("mkfs.xfs -q -f $1", null), ("mkfs.btrfs -q -f $1", null), ("mkfs.vfat -I $1", null),
        ("mkntfs -q -Q -F $1", null), ("mkfs.exfat $1", null),
        ("mkfs.minix -3 $1", "data of an unknown format"), ("mkfs.bfs $1", null), ("mkswap $1", null), ("mkfs.cramfs /etc/apt $1", null),
        ("printf x | cryptsetup luksFormat -q --pbkdf-force-iterations 4 --pbkdf-memory 32 --pbkdf-parallel 1 $1 -", null),
        ("printf x | cryptsetup luksFormat -q --pbkdf-force-iterations 4 --pbkdf-memory 32 --pbkdf-parallel 1 $1 - && " +
            "dd if=/dev/zero of=$1 bs=4096 count=1 conv=notrunc status=none", "crypto_LUKS"),
        ("bcache make -C $1 || make-bcache -C $1", null),
        ("echo 'label: dos' | sfdisk -q $1", "a master boot record without partitions"),
        ("echo 'label: gpt' | sfdisk -q $1", "a GPT partition table without partitions"),
        ("echo 'label: gpt' | sfdisk -q $1 && dd if=/dev/zero of=$1 bs=1M count=4 conv=notrunc status=none",
            "the first copy of the partition table"),
        ("printf 'label: dos\\n2048,4096,83\\n' | sfdisk -q $1", "partition 1"),
        ("echo 'label: sun' | sfdisk -q $1", "Sun disk label"), ("echo 'label: sgi' | sfdisk -q $1", "SGI disk label"),
    ];

    [Fact]
    public void Each_format_that_a_program_makes_is_seen_and_named() => MountNamespace.Run(scratch =>
    {
        foreach (var (make, name) in Formats)
        {
            using var disk = new LoopDisk(scratch, 768, 512);
            MountNamespace.Tool("sh", "-c", make.Replace("$1", disk.Node) + " >&2");
            var wanted = name ?? MountNamespace.Tool("blkid", "-p", "-o", "value", "-s", "TYPE", disk.Node).Trim();
            var contents = InstallDisk.Find(disk.Node).Contents();
            Assert.True(contents.Any(line => line.StartsWith(wanted, StringComparison.Ordinal)),
                $"{make}: {wanted} is not in: {string.Join("; ", contents)}");
        }
    });

    [Fact]
    public void Blkid_gives_each_mark_that_it_recognizes_the_same_name() => MountNamespace.Run(scratch =>
    {
        var recognized = new HashSet<string>();
        foreach (var mark in DiskMarks.All.ToArray().Where(mark => mark.Format != "zfs_member"))
        {
            var path = scratch + "/disk";
            using (var disk = File.Create(path))
            {
                disk.SetLength((long)DiskMebibytes << 20);
                disk.Position = mark.Place(disk.Length);
                disk.Write(mark.Bytes);
            }

            var name = MountNamespace.Tool("sh", "-c", $"blkid -p -o value -s TYPE {path} || true").Trim();
            if (name.Length == 0) continue; // the mark alone is not enough for blkid, which checks more of the superblock
            Assert.Equal(name, mark.Format);
            recognized.Add(name);
        }

        Assert.InRange(recognized.Count, 15, 100);
    });

    [Fact]
    public void Zfs_labels_in_each_of_their_places_are_seen_as_blkid_sees_them() => MountNamespace.Run(scratch =>
    {
        using var disk = new LoopDisk(scratch, DiskMebibytes, 512);
        foreach (var label in (long[])[0, 256 << 10, ((long)DiskMebibytes << 20) - (512 << 10), ((long)DiskMebibytes << 20) - (256 << 10)])
        {
            using (var node = Syscall.Open(disk.Node, OpenFlags.ReadWrite))
            {
                for (var block = 0; block < 128; block++)
                {
                    Syscall.PWriteAll(node, Convert.FromHexString("0cb1ba0000000000"), label + (128 << 10) + block * 1024);
                    Syscall.FSync(node);
                }
            }

            Assert.Equal("zfs_member", MountNamespace.Tool("blkid", "-p", "-o", "value", "-s", "TYPE", disk.Node).Trim());
            Assert.Equal(["zfs_member"], InstallDisk.Find(disk.Node).Contents());
            using var zeros = Syscall.Open(disk.Node, OpenFlags.ReadWrite);
            Syscall.PWriteAll(zeros, new byte[256 << 10], label);
            Syscall.FSync(zeros);
        }

        Assert.Empty(InstallDisk.Find(disk.Node).Contents());
    });

    [Fact]
    public void A_disk_with_a_foreign_format_is_refused_without_force() => InstallMachine.On(machine =>
    {
        var end = 768L << 20;
        foreach (var (name, offset, bytes) in ((string, long, byte[])[])[
            ("VMFS_volume_member", 1 << 20, [0x0D, 0xD0, 0x01, 0xC0]), ("ocfs2", 8192, Encoding.ASCII.GetBytes("OCFSV2")),
            ("ddf_raid_member", end - 512, [0xDE, 0x11, 0xDE, 0x11]), ("data of an unknown format", end - 4096, [1])])
        {
            machine.Write(0, new byte[4 << 20]);
            machine.Write(end - (4 << 20), new byte[4 << 20]);
            machine.Write(offset, bytes);
            Assert.Contains($"is not empty:\n  {name}", machine.Refused());
            var (code, output, _) = machine.Install("--dry-run");
            Assert.True(code == 0 && output.Contains($"would erase: {name}", StringComparison.Ordinal), output);
        }

        Assert.Equal(0, machine.Install("--force").Code);
        machine.IsWhole();
    });
}
