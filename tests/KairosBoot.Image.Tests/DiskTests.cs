using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>What is on a disk, and that the same input gives the same disk.</summary>
public class DiskTests : DiskBuilding
{
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
            HostTool.Run("cmp", PathOf(name), Image);
        }
    }

    [Fact]
    public void A_disk_with_sectors_of_4096_bytes_has_a_table_for_them()
    {
        var layout = Build(Request() with { SectorSize = 4096 });
        var table = HostTool.Run("fdisk", "-b", "4096", "-l", "-o", "Start,End,Name", PathOf("disk"));
        Assert.Contains("Disklabel type: gpt", table);
        foreach (var partition in layout.Partitions)
        {
            var (first, last) = (partition.Start / 4096, (partition.Start + partition.Size) / 4096 - 1);
            Assert.Matches($@"(?m)^ *{first} +{last} +{partition.Name}$", table);
        }
        foreach (var partition in new[] { layout.Oem, layout.Recovery, layout.State, layout.Persistent })
            HostTool.Run("e2fsck", "-fn", On(partition));
        Assert.Equal("MZ", HostTool.Shell($"mtype -i {PathOf("disk")}@@{layout.Esp.Start} ::/EFI/BOOT/BOOTX64.EFI | head -c 2"));
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

    private string On(DiskPartition partition) => $"{PathOf("disk")}?offset={partition.Start}";

    private string Esp(DiskLayout layout) => $"{PathOf("disk")}@@{layout.Esp.Start}";
}
