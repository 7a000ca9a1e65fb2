using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>
/// A device keeps what a new format does not overwrite. For each pair of formats, made one after the other by the real tools: the device
/// is what it was made last.
/// </summary>
public sealed class FormerFormatTests
{
    private const long Size = 320 << 20; // the smallest xfs is 300 MiB
    private const long End10 = Size - 8192, End090 = Size - 65536;
    private const string LvmConfig = "devices { use_devicesfile=0 obtain_device_list_from_udev=0 md_component_detection=0 } " +
        "activation { udev_sync=0 udev_rules=0 }";
    private const string LuksOptions = " --pbkdf-force-iterations 1000 IMAGE KEY";

    // A command, or the version and the place of an md superblock.
    private static readonly (string Name, string Type, string Make)[] Formats =
    [
        ("ext4", "ext4", "mke2fs -q -F -t ext4 -b 4096 -L LABEL IMAGE"),
        ("ext4, small blocks", "ext4", "mke2fs -q -F -t ext4 -b 1024 -L LABEL IMAGE"),
        ("ext2", "ext2", "mke2fs -q -F -t ext2 -L LABEL IMAGE"),
        ("FAT32", "vfat", "mkfs.vfat -F 32 -n LABEL IMAGE"),
        ("FAT16", "vfat", "mkfs.vfat -F 16 -n LABEL IMAGE"),
        ("xfs", "xfs", "mkfs.xfs -q -f -L LABEL IMAGE"),
        ("btrfs", "btrfs", "mkfs.btrfs -q -f -L LABEL IMAGE"),
        ("f2fs", "f2fs", "mkfs.f2fs -q -f -l LABEL IMAGE"),
        ("swap", "swap", "mkswap -q -f -L LABEL IMAGE"),
        ("iso9660", "iso9660", "dd status=none conv=notrunc if=ISO of=IMAGE"),
        ("squashfs", "squashfs", "dd status=none conv=notrunc if=SQUASHFS of=IMAGE"),
        ("LUKS1", Superblock.Luks, "cryptsetup -q luksFormat --type luks1" + LuksOptions),
        ("LUKS2", Superblock.Luks, "cryptsetup -q luksFormat --type luks2 --label LABEL --pbkdf pbkdf2" + LuksOptions),
        ("LVM", Superblock.Lvm,
            $"L=$(losetup -f --show IMAGE) && pvcreate -q -q -ff -y --config '{LvmConfig}' $L 2>&1; R=$?; losetup -d $L; exit $R"),
        ("md 1.1", Superblock.Raid, "1 0"), ("md 1.2", Superblock.Raid, "1 4096"),
        ("md 1.0", Superblock.Raid, $"1 {End10}"), ("md 0.90", Superblock.Raid, $"0 {End090}"),
    ];

    public static TheoryData<string> Names => new(Formats.Select(format => format.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_device_is_what_it_was_made_last(string former) => MountNamespace.Run(scratch =>
    {
        var image = scratch + "/image";
        Directory.CreateDirectory(scratch + "/tree");
        File.WriteAllText(scratch + "/key", "key");
        var content = new byte[100_000];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(scratch + "/tree/file", content);
        MountNamespace.Tool("genisoimage", "-quiet", "-V", "LABEL", "-o", scratch + "/iso", scratch + "/tree");
        MountNamespace.Tool("mksquashfs", scratch + "/tree", scratch + "/squashfs", "-quiet", "-no-progress");
        // A superblock at the end says nothing about what is at the start: the array may have been dissolved since.
        foreach (var format in Formats.Where(format => format.Name is not ("md 1.0" or "md 0.90")))
        {
            using (var file = File.Create(image)) file.SetLength(Size);
            Make(scratch, former);
            Make(scratch, format.Name);
            using var device = Syscall.Open(image, OpenFlags.ReadOnly);
            var found = BlockProbe.Superblock(device, Size);
            Assert.Equal($"{former}, then {format.Name}: {Expected(former, format)}", $"{former}, then {format.Name}: {found?.Type}");
        }
    });

    // What does not reach the end of the device leaves the superblock of a member there, which mdadm would find. FAT has whole tracks only.
    private static string Expected(string former, (string Name, string Type, string Make) format) =>
        former is "md 1.0" or "md 0.90" && format.Name is "iso9660" or "squashfs" || former == "md 1.0" && format.Name is "FAT32" or "FAT16"
            ? Superblock.Raid : format.Type;

    private static void Make(string scratch, string name)
    {
        var format = Formats.Single(row => row.Name == name);
        if (format.Type == Superblock.Raid)
        {
            var words = format.Make.Split(' ');
            using var file = File.OpenWrite(scratch + "/image");
            file.Position = long.Parse(words[1]);
            file.Write(RaidMember.Superblock(int.Parse(words[0]), file.Position));
            return;
        }
        MountNamespace.Tool("sh", "-c", format.Make.Replace("IMAGE", scratch + "/image").Replace("KEY", scratch + "/key")
            .Replace("ISO", scratch + "/iso").Replace("SQUASHFS", scratch + "/squashfs"));
    }
}
