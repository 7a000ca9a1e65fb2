namespace KairosBoot.Image.Tests;

/// <summary>Sizes of disks and partitions.</summary>
public class DiskSizeTests : DiskBuilding
{
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
    public void Names_and_labels_differ_and_one_partition_takes_the_rest()
    {
        var sizes = new DiskSizes(Persistent: 100 << 20)
        {
            Extra = [new ExtraPartition("BOOTY", 40 << 20, "vfat") { Name = "fat partition" },
                new ExtraPartition("LARGE", 0, "xfs") { Name = "data_partition" }],
        };
        var layout = Build(Request() with { SizeBytes = 2L << 30, Sizes = sizes });
        Assert.Equal(2L << 30, layout.Size);
        Assert.Equal((100, layout.Persistent.Start), (layout.Persistent.Size >> 20, layout.Extra[1].Start + layout.Extra[1].Size));
        Assert.Contains("No problems found", HostTool.Run("sgdisk", "-v", PathOf("disk")));
        foreach (var (partition, type, check) in
            new[] { (layout.Extra[0], "vfat", "fsck.fat -n"), (layout.Extra[1], "xfs", "xfs_repair -n -f") })
        {
            Assert.Contains($"Partition name: '{partition.Name}'", HostTool.Run("sgdisk", $"-i{partition.Number}", PathOf("disk")));
            HostTool.Shell($"dd if={PathOf("disk")} of={PathOf("part")} bs=1M skip={partition.Start >> 20} count={partition.Size >> 20} " +
                "conv=sparse status=none");
            Assert.Equal($"{partition.Label}\n{type}\n",
                HostTool.Shell($"blkid -p -o value -s LABEL {PathOf("part")}; blkid -p -o value -s TYPE {PathOf("part")}"));
            HostTool.Shell($"{check} {PathOf("part")}");
            File.Delete(PathOf("part"));
        }
    }

    [Fact]
    public void Invalid_partitions_are_refused()
    {
        DiskSizes With(params ExtraPartition[] extra) => new() { Extra = extra };
        string RefusedSizes(DiskSizes sizes) => Refused(Request() with { Sizes = sizes }).Problem;
        Assert.Contains("too small for COS_STATE", RefusedSizes(new DiskSizes(State: 64 << 20)));
        Assert.Contains("too small for COS_RECOVERY", RefusedSizes(new DiskSizes(Recovery: 1)));
        const string Taken = "the name or the label of another partition";
        Assert.Contains(Taken, RefusedSizes(With(new ExtraPartition("COS_STATE", 8 << 20))));
        Assert.Contains(Taken, RefusedSizes(With(new ExtraPartition("A", 8 << 20) { Name = "COS_STATE" })));
        Assert.Contains(Taken, RefusedSizes(With(new ExtraPartition("A", 8 << 20), new ExtraPartition("A", 8 << 20))));
        Assert.Contains(Taken,
            RefusedSizes(With(new ExtraPartition("A", 8 << 20) { Name = "N" }, new ExtraPartition("B", 8 << 20) { Name = "N" })));
        Assert.Contains("has an invalid name", RefusedSizes(With(new ExtraPartition("A", 8 << 20) { Name = new string('n', 37) })));
        Assert.Contains("is too long for vfat", RefusedSizes(With(new ExtraPartition("TWELVELETTER", 8 << 20, "vfat"))));
        Assert.Contains("but xfs needs 300", RefusedSizes(With(new ExtraPartition("A", 8 << 20, "xfs"))));
        Assert.Contains("more than one partition would take the rest of the disk: A, COS_PERSISTENT",
            RefusedSizes(With(new ExtraPartition("A", 0))));
        Assert.Contains("more than one partition would take the rest of the disk: A, B",
            RefusedSizes(With(new ExtraPartition("A", 0), new ExtraPartition("B", 0)) with { Persistent = 100 << 20 }));
        Assert.Contains("has an invalid label", RefusedSizes(With(new ExtraPartition("a/b", 8 << 20))));
        Assert.Contains("has an invalid label", RefusedSizes(With(new ExtraPartition("seventeen_letters", 8 << 20))));
        Assert.Contains("has the file system zfs", RefusedSizes(With(new ExtraPartition("A", 8 << 20, "zfs"))));
        Assert.Contains("is too small",
            Refused(Request() with { SizeBytes = 2L << 30, Sizes = With(new ExtraPartition("A", 8L << 30)) }).Problem);
    }

    [Fact]
    public void A_disk_too_small_is_refused_with_the_size_it_needs()
    {
        var refused = Refused(Request() with { SizeBytes = 64 << 20 });
        Assert.Contains("64.0 MiB is too small", refused.Problem);
        Assert.Matches(@"need \d+\.\d MiB", refused.Problem);
    }

    [Fact]
    public void The_file_is_sparse()
    {
        Build(Request() with { SizeBytes = 4L << 30 });
        Assert.Equal(4L << 30, new FileInfo(PathOf("disk")).Length);
        Assert.InRange(long.Parse(HostTool.Shell($"du -k {PathOf("disk")} | cut -f1")), 1, 300 << 10);
    }

    private string On(DiskPartition partition) => $"{PathOf("disk")}?offset={partition.Start}";
}
