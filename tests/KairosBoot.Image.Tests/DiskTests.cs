using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

public class DiskTests : Scratch
{
    private readonly string image;

    public DiskTests()
    {
        var root = SyntheticKernel.MakeSystem(PathOf("root"));
        image = PathOf("image");
        ImageBuilder.Build(new ImageRequest(root, null, ImageFormat.Ext4, null, null, "virtio", Path.Combine(root, "kairos-boot")), image);
    }

    [Fact]
    public void The_disk_passes_the_checks_of_sgdisk_and_e2fsck()
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

        // GRUB overwrites the counters in place: they need a complete block, which must not be a hole.
        HostTool.DebugFs(On(layout.State), $"dump /bootstate {PathOf("bootstate")}");
        Assert.Equal(BootBlock.Write(new BootCounters()), File.ReadAllBytes(PathOf("bootstate")));
        Assert.Matches(@"^\d+ *$", HostTool.DebugFs(On(layout.State), "blocks /bootstate").Trim());
        foreach (var (partition, name) in new[] { (layout.State, "active.img"), (layout.State, "passive.img"),
            (layout.Recovery, "recovery.img") })
        {
            HostTool.DebugFs(On(partition), $"dump /cOS/{name} {PathOf(name)}");
            HostTool.Run("cmp", PathOf(name), image);
        }
    }

    [Fact]
    public void Append_sets_the_kernel_arguments_of_the_machine()
    {
        var state = On(Build(Request() with { KernelArguments = " console=ttyS1  a.b=c,d " }).State);
        HostTool.DebugFs(state, $"dump /kargs {PathOf("kargs")}");
        var arguments = Kargs.TryRead(File.ReadAllBytes(PathOf("kargs")))!;
        Assert.Equal("console=ttyS1 a.b=c,d", string.Join(' ', arguments[null]));
        Assert.Empty(arguments[Slot.Recovery]);
        Assert.DoesNotContain("kargs", HostTool.DebugFs(On(Build(Request()).State), "ls /"));
    }

    [Theory]
    [InlineData("a=\"b c\"", "'\"'")]
    [InlineData("a=$b", "'$'")]
    [InlineData("a=b\\", "'\\'")]
    [InlineData("root=/dev/sda1", "root= is set by the boot menu")]
    public void Kernel_arguments_that_grub_would_change_are_refused(string arguments, string reason)
    {
        var refused = Assert.Throws<OperatorException>(() => Build(Request() with { KernelArguments = arguments }));
        Assert.Contains(reason, refused.Problem);
        Assert.Contains("--append", refused.Fix);
        Assert.False(File.Exists(PathOf("disk")));
    }

    [Fact]
    public void An_image_that_does_not_match_its_seal_is_refused()
    {
        HostTool.Run("debugfs", "-w", "-R", "mkdir /written", image);
        Assert.Contains($"{image} does not match its seal", Assert.Throws<OperatorException>(() => Build(Request())).Problem);
        HostTool.Run("truncate", "-s", "-4096", image);
        Build(Request());
    }

    [Fact]
    public void Names_of_many_cloud_configs_keep_their_order()
    {
        var configs = Enumerable.Range(0, 30).Select(n => WriteText($"{n}.yaml", $"name: n{n}\n")).ToArray();
        var oem = On(Build(Request() with { CloudConfigs = configs }).Oem);
        var names = HostTool.DebugFs(oem, "ls -p /").Split('\n').Select(line => line.Split('/'))
            .Where(fields => fields.Length > 5 && fields[5].EndsWith(".yaml"))
            .Select(fields => fields[5]).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(30, names.Length);
        Assert.Equal(Enumerable.Range(0, 30).Select(n => $"name: n{n}"),
            names.Select(name => HostTool.DebugFs(oem, $"cat /{name}").Trim()));
    }

    [Fact]
    public void BIOS_and_UEFI_firmware_find_grub()
    {
        var layout = Build(Request());
        Assert.Contains("COS_GRUB", HostTool.Run("mlabel", "-s", "-i", Esp(layout), "::"));
        HostTool.Shell($"tail -c +{layout.Esp.Start + 1} {PathOf("disk")} | head -c {layout.Esp.Size} > {PathOf("esp")}; fsck.fat -n " +
            $"{PathOf("esp")}");
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
    public void The_same_inputs_make_the_same_disk()
    {
        var config = WriteText("config.yaml", "#cloud-config\nname: mine\n");
        var request = Request() with
        {
            CloudConfigs = [config],
            KernelArguments = "quiet",
            Sizes = new DiskSizes { Extra = [new ExtraPartition("DATA", 30_000_000), new ExtraPartition("OLD", 16 << 20, "ext2")] }
        };
        Build(request);
        Thread.Sleep(TimeSpan.FromSeconds(1.1)); // file systems store times in seconds
        File.SetLastWriteTimeUtc(config, DateTime.UtcNow);
        DiskBuilder.Build(request, PathOf("again"));
        HostTool.Run("cmp", PathOf("disk"), PathOf("again"));
    }

    [Fact]
    public void Disks_with_other_inputs_or_seeds_share_no_identifier()
    {
        var config = WriteText("config.yaml", "#cloud-config\nname: mine\n");
        DiskRequest[] requests =
        [
            Request(), Request() with { CloudConfigs = [config] }, Request() with { KernelArguments = "quiet" },
            Request() with { Sizes = new DiskSizes(Oem: 32 << 20) },
            Request() with { Seed = "first" }, Request() with { Seed = "second" },
        ];
        var all = requests.SelectMany(request => Identifiers(Build(request))).ToList();
        Assert.Equal(16 * requests.Length, all.Count);
        Assert.Equal(all.Count, all.Distinct().Count());
        File.WriteAllText(config, "#cloud-config\nname: another\n");
        Assert.DoesNotContain(Identifiers(Build(requests[1])), all.Contains);
        Assert.Equal(Identifiers(Build(Request() with { Seed = "first" })), all.Skip(4 * 16).Take(16));
    }

    // GUIDs of the disk and its partitions, UUIDs and hash seeds of its file systems, and the serial number of the FAT.
    private string[] Identifiers(DiskLayout layout)
    {
        var dumps = new[] { layout.Oem, layout.Recovery, layout.State, layout.Persistent }.Select(partition =>
            $"dumpe2fs -h '{On(partition)}' 2>/dev/null | sed -n 's/^Filesystem UUID: *//p; s/^Directory Hash Seed: *//p'");
        var disk = PathOf("disk");
        return HostTool.Shell($"sgdisk -p {disk} | sed -n 's/^Disk identifier.*: //p'; " +
            $"for n in 1 2 3 4 5 6; do sgdisk -i $n {disk} | sed -n 's/^Partition unique GUID: //p'; done; {string.Join(";", dumps)}; " +
            $"minfo -i {Esp(layout)} :: | sed -n 's/^serial number: *//p'").Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    [Fact]
    public void Extra_partitions_precede_the_last_one_and_have_their_sizes()
    {
        var sizes = new DiskSizes(Oem: 20 << 20, State: 300 << 20, Persistent: 100 << 20)
        {
            Extra = [new ExtraPartition("DATA", 30_000_000), new ExtraPartition("RAW", 8 << 20, "none"),
                new ExtraPartition("OLD", 16 << 20, "ext2")],
        };
        var layout = Build(Request() with { Sizes = sizes });
        Assert.Equal([20L, 300, 29, 8, 16, 100],
            new[] { layout.Oem, layout.State }.Concat(layout.Extra).Append(layout.Persistent).Select(partition => partition.Size >> 20));
        Assert.Equal((6, 9), (layout.Extra[0].Number, layout.Persistent.Number));
        Assert.Contains("No problems found", HostTool.Run("sgdisk", "-v", PathOf("disk")));
        Assert.Contains("Partition name: 'RAW'", HostTool.Run("sgdisk", "-i7", PathOf("disk")));
        foreach (var partition in new[] { layout.Extra[0], layout.Extra[2], layout.Persistent })
        {
            HostTool.Run("e2fsck", "-fn", On(partition));
            Assert.Contains(partition.Name, HostTool.Run("dumpe2fs", "-h", On(partition)));
        }
    }

    [Fact]
    public void Invalid_partitions_are_refused()
    {
        DiskSizes With(params ExtraPartition[] extra) => new() { Extra = extra };
        string RefusedSizes(DiskSizes sizes) => Refused(Request() with { Sizes = sizes }).Problem;
        Assert.Contains("too small for COS_STATE", RefusedSizes(new DiskSizes(State: 64 << 20)));
        Assert.Contains("too small for COS_RECOVERY", RefusedSizes(new DiskSizes(Recovery: 1)));
        Assert.Contains("the label of another partition", RefusedSizes(With(new ExtraPartition("COS_STATE", 8 << 20))));
        Assert.Contains("the label of another partition",
            RefusedSizes(With(new ExtraPartition("A", 8 << 20), new ExtraPartition("A", 8 << 20))));
        Assert.Contains("has an invalid label", RefusedSizes(With(new ExtraPartition("a/b", 8 << 20))));
        Assert.Contains("has an invalid label", RefusedSizes(With(new ExtraPartition("seventeen_letters", 8 << 20))));
        Assert.Contains("has the file system xfs", RefusedSizes(With(new ExtraPartition("A", 8 << 20, "xfs"))));
        Assert.Contains("is too small",
            Refused(Request() with { SizeBytes = 2L << 30, Sizes = With(new ExtraPartition("A", 8L << 30)) }).Problem);
    }

    [Fact]
    public void An_image_contains_the_programs_to_install_grub()
    {
        foreach (var (name, start) in new[] { ("boot.img", "\u00eb"), ("core.img", ""), ("bootx64.efi", "MZ") })
        {
            HostTool.DebugFs(image, $"dump /usr/lib/kairosboot/grub/{name} {PathOf(name)}");
            Assert.StartsWith(start, System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(PathOf(name))));
            Assert.NotEqual(0, new FileInfo(PathOf(name)).Length);
        }
    }

    [Fact]
    public void A_squashfs_recovery_is_named_by_its_superblock()
    {
        var root = PathOf("root");
        ImageBuilder.Build(new ImageRequest(root, null, ImageFormat.Squashfs, null, null, "virtio", Path.Combine(root, "kairos-boot")),
            PathOf("recovery.img"));
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
        Assert.Contains("does not exist", Refused(Request() with { Image = PathOf("none") }).Problem);
        Assert.Contains("is not a file system", Refused(Request() with { Image = WriteText("junk", new string('x', 100_000)) }).Problem);
        HostTool.Run("mksquashfs", PathOf("root"), PathOf("zstd"), "-quiet", "-no-progress", "-comp", "zstd");
        Assert.Contains("compressed by zstd", Refused(Request() with { Recovery = PathOf("zstd") }).Problem);
        HostTool.Run("mkfs.erofs", "--quiet", PathOf("erofs"), PathOf("root"));
        Assert.Contains("is erofs", Refused(Request() with { Image = PathOf("erofs") }).Problem);
        HostTool.Run("mke2fs", "-q", "-t", "ext4", "-O", "inline_data", PathOf("inline"), "16M");
        Assert.Contains("inline_data", Refused(Request() with { Image = PathOf("inline") }).Problem);
    }

    [Theory]
    [InlineData("ext4")]
    [InlineData("squashfs")]
    public void Images_without_a_kernel_or_an_initrd_are_refused(string format)
    {
        Assert.Contains("/boot/vmlinuz is missing", RefusedWith(format, "true"));
        Assert.Contains("/boot/initrd is missing", RefusedWith(format, "echo kernel > boot/vmlinuz"));
        Assert.Contains("/boot/initrd is empty", RefusedWith(format, "touch boot/initrd"));
        Assert.Contains("/boot/initrd is not a regular file", RefusedWith(format, "rm boot/initrd; mkdir boot/initrd"));
        Assert.Contains("/boot/initrd is a dangling link (to /boot/none)",
            RefusedWith(format, "rmdir boot/initrd; ln -s /boot/none boot/initrd"));
        Assert.Contains("dangling link", RefusedWith(format, "ln -sf initrd boot/initrd"));
    }

    [Theory]
    [InlineData("ext4")]
    [InlineData("squashfs")]
    public void Links_to_kernel_and_initrd_are_followed_inside_the_image(string format)
    {
        var directory = new string('d', 80); // a target that ext4 stores outside the inode
        var image = Pack(format, $"mkdir -p 'usr/a \"b\"/{directory}'; echo kernel > 'usr/a \"b\"/{directory}/k'; echo initrd > usr/initrd;"
            + $"ln -s '../lnk/{directory}/k' boot/vmlinuz; ln -s '/usr/a \"b\"' lnk; ln -s /../usr/./initrd boot/second; ln -s second " +
                "boot/initrd");
        DiskBuilder.Build(Request() with { Image = image, Recovery = this.image }, PathOf("disk"));
    }

    [Fact]
    public void The_size_of_an_image_is_that_of_the_links_target()
    {
        File.CreateSymbolicLink(PathOf("link"), image);
        var direct = Build(Request());
        var linked = DiskBuilder.Build(Request() with { Image = PathOf("link") }, PathOf("disk2"));
        Assert.Equal(direct.State.Size, linked.State.Size);
    }

    [Fact]
    public void A_disk_too_small_is_refused_with_the_size_it_needs()
    {
        var refused = Refused(Request() with { SizeBytes = 64 << 20 });
        Assert.Contains("64.0 MiB is too small", refused.Problem);
        Assert.Matches(@"need \d+\.\d MiB", refused.Problem);
    }

    private DiskRequest Request() => new(image, Recovery: null, CloudConfigs: [], SizeBytes: null, KernelArguments: "");

    private DiskLayout Build(DiskRequest request) => DiskBuilder.Build(request, PathOf("disk"));

    private OperatorException Refused(DiskRequest request)
    {
        Directory.CreateDirectory(PathOf("out"));
        var failure = Assert.Throws<OperatorException>(() => DiskBuilder.Build(request, PathOf("out/disk")));
        Assert.Empty(Names(PathOf("out")));
        return failure;
    }

    // An image of the directory "tree" after these commands have changed it.
    private string Pack(string format, string commands)
    {
        HostTool.Shell($"mkdir -p {PathOf("tree/boot")}; cd {PathOf("tree")}; {commands}");
        File.Delete(PathOf(format));
        HostTool.Shell(format == "ext4" ? $"mke2fs -q -t ext4 -d {PathOf("tree")} {PathOf(format)} 16M"
            : $"mksquashfs {PathOf("tree")} {PathOf(format)} -quiet -no-progress");
        return PathOf(format);
    }

    private string RefusedWith(string format, string commands) => Refused(Request() with { Image = Pack(format, commands) }).Problem;

    private string On(DiskPartition partition) => $"{PathOf("disk")}?offset={partition.Start}";

    private string Esp(DiskLayout layout) => $"{PathOf("disk")}@@{layout.Esp.Start}";
}
