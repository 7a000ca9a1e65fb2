using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

public class DiskTests : Scratch
{
    private readonly string _image;

    public DiskTests()
    {
        var root = SyntheticKernel.MakeSystem(PathOf("root"));
        _image = PathOf("image");
        ImageBuilder.Build(new ImageRequest(root, null, ImageFormat.Ext4, null, null, "virtio", Path.Combine(root, "kairos-boot")), _image);
    }

    [Fact]
    public void Every_part_of_the_disk_is_in_order_and_in_its_place()
    {
        var first = WriteText("first.yaml", "#cloud-config\nname: first\n");
        var second = WriteText("second.yaml", "#cloud-config\nname: second\n");
        var layout = Build(Request() with { CloudConfigs = [first, second] });

        Assert.Contains("No problems found", HostTool.Run("sgdisk", "-v", PathOf("disk")));
        foreach (var partition in new[] { layout.Oem, layout.Recovery, layout.State, layout.Persistent })
        {
            HostTool.Run("e2fsck", "-fn", On(partition));
            Assert.Contains(partition.Name, HostTool.Run("dumpe2fs", "-h", On(partition)));
            Assert.Contains($"Partition name: '{partition.Name}'", HostTool.Run("sgdisk", $"-i{partition.Number}", PathOf("disk")));
        }

        Assert.Equal("#cloud-config\nname: first\n", HostTool.DebugFs(On(layout.Oem), "cat /90_custom.yaml"));
        Assert.Matches(@"Mode:\s+0600", HostTool.DebugFs(On(layout.Oem), "stat /91_custom.yaml"));
        Assert.Contains("menuentry", HostTool.DebugFs(On(layout.State), "cat /grub/grub.cfg"));
        foreach (var (partition, name) in new[] { (layout.State, "active.img"), (layout.State, "passive.img"), (layout.Recovery, "recovery.img") })
        {
            HostTool.DebugFs(On(partition), $"dump /cOS/{name} {PathOf(name)}");
            HostTool.Run("cmp", PathOf(name), _image);
        }
    }

    [Fact]
    public void The_firmware_finds_grub_both_ways()
    {
        var layout = Build(Request());
        Assert.Contains("COS_GRUB", HostTool.Run("mlabel", "-s", "-i", Esp(layout), "::"));
        HostTool.Run("mcopy", "-i", Esp(layout), "::/EFI/BOOT/BOOTX64.EFI", PathOf("efi"));
        Assert.Equal("MZ"u8.ToArray(), File.ReadAllBytes(PathOf("efi"))[..2]);

        using var disk = File.OpenRead(PathOf("disk"));
        var sector = new byte[GrubBootSectors.SectorSize];
        disk.ReadExactly(sector);
        Assert.Equal(layout.Bios.Start / GrubBootSectors.SectorSize, BitConverter.ToInt64(sector, 0x5C));
        Assert.Equal([0x55, 0xAA], sector[510..]);
        disk.Position = layout.Bios.Start;
        disk.ReadExactly(sector);
        Assert.Equal(layout.Bios.Start / GrubBootSectors.SectorSize + 1, BitConverter.ToInt64(sector, 0x1F4));
    }

    [Fact]
    public void Two_disks_share_no_identifier()
    {
        string[] Identifiers(DiskLayout layout) =>
            HostTool.Shell($"sgdisk -p {PathOf("disk")} | sed -n 's/^Disk identifier.*: //p'; for n in 1 2 3 4 5 6; do sgdisk -i $n {PathOf("disk")} | sed -n 's/^Partition unique GUID: //p'; done; {string.Join(";", new[] { layout.Oem, layout.Recovery, layout.State, layout.Persistent }.Select(partition => $"dumpe2fs -h '{On(partition)}' 2>/dev/null | sed -n 's/^Filesystem UUID: *//p'"))}; minfo -i {Esp(layout)} :: | sed -n 's/^serial number: *//p'")
                .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var first = Identifiers(Build(Request()));
        var second = Identifiers(Build(Request()));
        Assert.Equal(12, first.Length);
        Assert.Equal(24, first.Concat(second).Distinct().Count());
    }

    [Fact]
    public void A_squashfs_recovery_is_named_by_its_superblock()
    {
        var root = PathOf("root");
        ImageBuilder.Build(new ImageRequest(root, null, ImageFormat.Squashfs, null, null, "virtio", Path.Combine(root, "kairos-boot")), PathOf("recovery.img"));
        var layout = Build(Request() with { Recovery = PathOf("recovery.img") });
        Assert.Contains("recovery.squashfs", HostTool.DebugFs(On(layout.Recovery), "ls /cOS"));
    }

    [Fact]
    public void The_file_is_sparse()
    {
        Build(Request() with { SizeBytes = 4L << 30 });
        Assert.Equal(4L << 30, new FileInfo(PathOf("disk")).Length);
        Assert.InRange(long.Parse(HostTool.Shell($"du -k {PathOf("disk")} | cut -f1")), 1, 300 << 10);
    }

    [Fact]
    public void Images_that_grub_cannot_load_a_kernel_from_are_refused()
    {
        Assert.Contains("is not there", Refused(Request() with { Image = PathOf("none") }).Problem);
        Assert.Contains("is not a file system", Refused(Request() with { Image = WriteText("junk", new string('x', 100_000)) }).Problem);
        HostTool.Run("mksquashfs", PathOf("root"), PathOf("zstd"), "-quiet", "-no-progress", "-comp", "zstd");
        Assert.Contains("compressed by zstd", Refused(Request() with { Recovery = PathOf("zstd") }).Problem);
        HostTool.Run("mkfs.erofs", "--quiet", PathOf("erofs"), PathOf("root"));
        Assert.Contains("is erofs", Refused(Request() with { Image = PathOf("erofs") }).Problem);
        HostTool.Run("mke2fs", "-q", "-t", "ext4", "-O", "inline_data", PathOf("inline"), "16M");
        Assert.Contains("inline_data", Refused(Request() with { Image = PathOf("inline") }).Problem);
    }

    [Fact]
    public void A_disk_too_small_is_refused_with_the_size_it_needs()
    {
        var refused = Refused(Request() with { SizeBytes = 64 << 20 });
        Assert.Contains("64.0 MiB is too small", refused.Problem);
        Assert.Matches(@"need \d+\.\d MiB", refused.Problem);
    }

    private DiskRequest Request() => new(_image, Recovery: null, CloudConfigs: [], SizeBytes: null, KernelArguments: "");

    private DiskLayout Build(DiskRequest request) => DiskBuilder.Build(request, PathOf("disk"));

    private OperatorException Refused(DiskRequest request)
    {
        Directory.CreateDirectory(PathOf("out"));
        var failure = Assert.Throws<OperatorException>(() => DiskBuilder.Build(request, PathOf("out/disk")));
        Assert.Empty(Names(PathOf("out")));
        return failure;
    }

    private string On(DiskPartition partition) => $"{PathOf("disk")}?offset={partition.Start}";

    private string Esp(DiskLayout layout) => $"{PathOf("disk")}@@{layout.Esp.Start}";
}
