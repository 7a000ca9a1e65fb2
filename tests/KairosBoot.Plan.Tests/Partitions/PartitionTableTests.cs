using System.Buffers.Binary;

namespace KairosBoot.Plan.Tests;

/// <summary>Partition tables as bytes: growth, and the state after a power cut.</summary>
public sealed class PartitionTableTests
{
    private const int MiB = 1 << 20;

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public void After_a_power_cut_in_any_write_the_table_is_the_old_or_the_new_one(int blockSize)
    {
        var disk = DiskBytes.With(blockSize, 16 * MiB, 4, 8).Enlarged(32 * MiB);
        var table = disk.Table()!;
        var last = table.Last!;
        var end = table.GrownEnd(last, 0);
        Assert.Equal(31L * MiB / blockSize - 1, end);
        var writes = table.WithEnd(last, end).Writes(disk.Bytes.AsSpan(0, blockSize));
        for (var done = 0; done <= writes.Length; done++)
        {
            // A write of one block happens or does not; of a longer write, any part may be on the disk.
            var parts = done < writes.Length && writes[done].Bytes.Length > blockSize ? 4 : 1;
            for (var part = 0; part < parts; part++)
            {
                var cut = disk.Copy();
                cut.Apply(writes[..done]);
                if (part > 0)
                {
                    writes[done].Bytes[..(writes[done].Bytes.Length / blockSize * part / parts * blockSize)]
                    .CopyTo(cut.Bytes.AsSpan((int)writes[done].Offset));
                }

                HoldsOldOrNew(cut, last.Last, end, blockSize);
            }
        }
        var grown = disk.Copy();
        grown.Apply(writes);
        Assert.Equal(end, grown.Table()!.Last!.Last);
        Assert.False(grown.Table()!.IsHalfWritten);
        Assert.Equal(disk.Table()!.Partitions[0].Last, grown.Table()!.Partitions[0].Last);
        Assert.Equal((uint)(32 * MiB / blockSize - 1), BinaryPrimitives.ReadUInt32LittleEndian(grown.Bytes.AsSpan(458)));
    }

    /// <summary>The next boot after the cut completes the table.</summary>
    private static void HoldsOldOrNew(DiskBytes cut, long old, long end, int blockSize)
    {
        var table = cut.Table();
        Assert.NotNull(table);
        Assert.Contains(table.Last!.Last, new[] { old, end });
        cut.Apply(table.WithEnd(table.Last, table.GrownEnd(table.Last, 0)).Writes(cut.Bytes.AsSpan(0, blockSize)));
        Assert.Equal((end, false), (cut.Table()!.Last!.Last, cut.Table()!.IsHalfWritten));
    }

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public void Adding_a_partition_survives_a_power_cut_at_any_write(int blockSize)
    {
        var disk = DiskBytes.With(blockSize, 32 * MiB, 4);
        var table = disk.Table()!;
        var place = table.Place(8 * MiB, isLast: false, "new");
        Assert.Equal((2, 5L * MiB / blockSize, 13L * MiB / blockSize - 1), (place.Number, place.First, place.Last));
        var writes = table.With(place, PartitionType.For("swap", isBootable: false),
            Guid.NewGuid()).Writes(disk.Bytes.AsSpan(0, blockSize));
        for (var done = 0; done <= writes.Length; done++)
        {
            var cut = disk.Copy();
            cut.Apply(writes[..done]);
            Assert.Equal(cut.Table()!.Partitions.Length == 2 ? "P1 new" : "P1",
                string.Join(' ', cut.Table()!.Partitions.Select(p => p.Name)));
        }
        disk.Apply(writes);
        Assert.Equal("partition 2 (new)", disk.Table()!.Last!.ToString());
    }

    [Fact]
    public void A_partition_that_has_its_size_does_not_grow()
    {
        var disk = DiskBytes.With(512, 16 * MiB, 14);
        var table = disk.Table()!;
        Assert.Equal(table.Last!.Last, table.GrownEnd(table.Last, 0));
        Assert.Equal(table.Last.Last, table.GrownEnd(table.Last, 3 * MiB));
        // The remainder of a MiB is not used.
        table = disk.Enlarged(16 * MiB + 512 * 10).Table()!;
        Assert.Equal(table.Last!.Last, table.GrownEnd(table.Last, 0));
    }

    [Fact]
    public void Only_the_last_partition_grows_up_to_the_free_space()
    {
        var table = DiskBytes.With(512, 32 * MiB, 4, 4, 4).Table()!;
        var refused = Assert.Throws<OperatorException>(() => table.GrownEnd(table.Partitions[0], 0));
        Assert.Equal("partition 1 (P1) cannot grow: it is followed by partition 2 (P2), partition 3 (P3)", refused.Problem);
        Assert.Equal(table.Last!.First + 10 * MiB / 512 - 1, table.GrownEnd(table.Last, 10 * MiB));
        Assert.Contains("cannot grow to 40 MiB: the disk has room for 22 MiB",
            Assert.Throws<OperatorException>(() => table.GrownEnd(table.Last, 40 * MiB)).Problem);
    }

    [Fact]
    public void The_last_added_partition_leaves_room_for_the_backup_table()
    {
        var table = DiskBytes.With(512, 32 * MiB, 4).Table()!;
        Assert.Equal(table.LastUsable, table.Place(27 * MiB, isLast: true, "").Last);
        Assert.Contains("27 MiB: 26 MiB are free",
            Assert.Throws<OperatorException>(() => table.Place(27 * MiB, isLast: false, "")).Problem);
        Assert.Contains("29 MiB", Assert.Throws<OperatorException>(() => table.Place(29 * MiB, isLast: true, "")).Problem);
        var rest = table.Place(0, isLast: true, "");
        Assert.Equal(31 * MiB / 512 - 1, rest.Last);
        var full = table.With(rest, PartitionType.For("ext4", isBootable: false), Guid.NewGuid());
        Assert.Contains("of any size", Assert.Throws<OperatorException>(() => full.Place(0, isLast: true, "")).Problem);
    }

    [Fact]
    public void A_boot_block_keeps_its_boot_loader_and_its_own_partitions()
    {
        var block = ProtectiveMbr.New(512, 1000);
        block.AsSpan(0, 440).Fill(0x90);
        var resized = ProtectiveMbr.WithSize(block, 2000)!;
        Assert.Equal(block.AsSpan(0, 440).ToArray(), resized.AsSpan(0, 440).ToArray());
        Assert.Null(ProtectiveMbr.WithSize(resized, 2000));
        Assert.Equal(uint.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(ProtectiveMbr.WithSize(block, 1L << 40).AsSpan(458)));
        block[446 + 16 + 4] = 0x83;
        Assert.True(ProtectiveMbr.Is(block));
        Assert.Null(ProtectiveMbr.WithSize(block, 2000));
    }

    [Fact]
    public void A_table_that_contradicts_itself_or_the_disk_is_refused()
    {
        Refused("overlaps partition 1 (P1)", t => t.WithEnd(t.Partitions[0], t.Partitions[1].First));
        Refused("ends before it begins", t => t.WithEnd(t.Partitions[1], 100));
        Refused("extends into the last blocks", t => t.WithEnd(t.Partitions[1], t.LastUsable + 1));
        var disk = DiskBytes.With(512, 16 * MiB, 4, 4);
        disk.Bytes[2 * 512 + 200]++;
        Assert.Contains("checksum of its entries", Assert.Throws<OperatorException>(disk.Table).Problem);
        disk.Bytes[512 + 40]++;
        Assert.Null(disk.Table());
    }

    private static void Refused(string why, Func<PartitionTable, PartitionTable> change)
    {
        var disk = DiskBytes.With(512, 16 * MiB, 4, 4);
        disk.Apply(change(disk.Table()!).Writes(disk.Bytes.AsSpan(0, 512)));
        Assert.Contains(why, Assert.Throws<OperatorException>(disk.Table).Problem);
    }

    [Fact]
    public void Random_bytes_do_not_break_the_reader()
    {
        var random = new Random(1);
        var good = DiskBytes.With(512, 4 * MiB, 1, 1);
        for (var round = 0; round < 2000; round++)
        {
            var disk = good.Copy();
            for (var i = 0; i < 3; i++) disk.Bytes[512 + random.Next(92)] = (byte)random.Next(256);
            // With a valid checksum, the invalid values are parsed.
            if (BinaryPrimitives.ReadInt32LittleEndian(disk.Bytes.AsSpan(512 + 12)) is >= 92 and <= 512)
                Gpt.Seal(disk.Bytes.AsSpan(512, 512));
            try
            {
                if (disk.Table() is { Last: { } last } table)
                    _ = table.WithEnd(last, table.GrownEnd(last, 0)).Writes(disk.Bytes.AsSpan(0, 512));
            }
            catch (OperatorException) { }
        }
    }

    [Fact]
    public void Named_UUIDs_are_those_of_other_programs()
    {
        Assert.Equal(new Guid("769727dd-ff87-5c57-9c07-674630fc7a00"), NamedUuid.Of("YIP_DISK"));
        Assert.Equal(new Guid("62131fe0-1278-5d5b-a732-4ccb219b77a9"), NamedUuid.Of(new string('x', 70)));
    }
}
