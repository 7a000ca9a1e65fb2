namespace KairosBoot.Plan.Tests.Disks;

/// <summary>A disk is blank, or something on it is named or located.</summary>
public sealed class DiskContentsTests
{
    private const long MiB = 1 << 20;

    private static readonly long[] Sizes = [96 * MiB, 1500 * MiB, 1500 * MiB + 512, (1L << 40) + 4096];

    [Fact]
    public void A_disk_of_zeros_is_blank()
    {
        foreach (var size in Sizes)
        {
            var disk = new SparseDisk(size);
            Assert.Empty(disk.Contents.Marks());
            Assert.Equal((null, null), (disk.Contents.EmptyTable(), disk.Contents.UnknownData()));
        }
    }

    [Fact]
    public void Each_mark_alone_names_its_format()
    {
        foreach (var size in Sizes)
        {
            foreach (var mark in DiskMarks.All)
            {
                var disk = new SparseDisk(size);
                disk.Write(mark.Place(size), mark.Bytes);
                Assert.Equal([mark.Format], disk.Contents.Marks());
            }
        }
    }

    [Fact]
    public void A_mark_is_inside_the_disk_or_the_disk_is_too_small_for_it()
    {
        for (var size = 512L; size < 128 * MiB; size = size * 3 / 2 / 512 * 512 + 512)
        {
            foreach (var mark in DiskMarks.All)
                Assert.True(mark.Place(size) is var place && (place < 0 || place + mark.Bytes.Length <= size), $"{mark.Format} {size}");
            Assert.Empty(new SparseDisk(size).Contents.Marks());
        }
    }

    [Fact]
    public void One_byte_at_an_end_of_the_disk_is_data()
    {
        var random = new Random(16);
        foreach (var size in Sizes)
        {
            long[] edges = [0, DiskContents.Window - 1, size - DiskContents.Window, size - 1];
            foreach (var at in edges.Concat(Enumerable.Range(0, 200).Select(_ => random.NextInt64(DiskContents.Window)))
                .SelectMany(at => (long[])[at, size - 1 - at]))
            {
                var disk = new SparseDisk(size);
                disk.Write(at, [(byte)random.Next(1, 256)]);
                Assert.Equal($"data of an unknown format (the first byte is at offset {at})", disk.Contents.UnknownData());
            }
        }
    }

    [Fact]
    public void Data_between_the_ends_is_no_mark()
    {
        var disk = new SparseDisk(1500 * MiB);
        disk.Write(DiskContents.Window, [1]);
        disk.Write(1500 * MiB - DiskContents.Window - 1, [1]);
        Assert.Empty(disk.Contents.Marks());
        Assert.Null(disk.Contents.UnknownData());
    }

    [Fact]
    public void A_table_without_partitions_is_content()
    {
        foreach (var blockSize in (int[])[512, 4096])
        {
            var disk = new SparseDisk(96 * MiB, blockSize);
            foreach (var write in PartitionTable.New(blockSize, 96 * MiB / blockSize, Guid.NewGuid()).Writes([]))
                disk.Write(write.Offset, write.Bytes);
            Assert.Equal("a GPT partition table without partitions", disk.Contents.EmptyTable());
            disk.Write(blockSize, new byte[blockSize]); // its copy at the end is left
            Assert.Equal("a GPT partition table without partitions", disk.Contents.EmptyTable());
        }

        var mbr = new SparseDisk(96 * MiB);
        mbr.Write(510, [0x55, 0xAA]);
        Assert.Equal("a master boot record without partitions", mbr.Contents.EmptyTable());
    }

    /// <summary>Zeros, with writes at some places.</summary>
    private sealed class SparseDisk(long size, int blockSize = 512)
    {
        private readonly List<(long Offset, byte[] Bytes)> writes = [];

        internal DiskContents Contents => new(size, blockSize, Read);

        internal void Write(long offset, ReadOnlySpan<byte> bytes) => writes.Add((offset, bytes.ToArray()));

        private byte[] Read(long offset, int length)
        {
            Assert.InRange(offset, 0, size);
            var read = new byte[Math.Min(length, size - offset)];
            foreach (var (at, bytes) in writes)
            {
                var (from, to) = (Math.Max(at, offset), Math.Min(at + bytes.Length, offset + read.Length));
                if (from < to) bytes.AsSpan((int)(from - at), (int)(to - from)).CopyTo(read.AsSpan((int)(from - offset)));
            }

            return read;
        }
    }
}
