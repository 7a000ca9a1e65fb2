using System.Buffers.Binary;
using System.Text;

namespace KairosBoot.Plan.Tests;

/// <summary>
/// Damaged inputs for everything that PID 1 and kboot parse from a disk or from the kernel. "Not mine" is null, "mine but broken" is one
/// of the exceptions in the parser's summary, and no input makes a parser allocate more than its input can hold.
/// </summary>
public sealed class ParserFuzzTests
{
    private const int BlockSize = 512, Blocks = 65536;

    /// <param name="Name">For the message.</param>
    /// <param name="Good">Valid inputs, which are damaged.</param>
    /// <param name="Parse">Parses an input and checks the result.</param>
    public sealed record Parser(string Name, byte[][] Good, Action<byte[]> Parse)
    {
        /// <summary>Runs one input for so many of the others: checksums over tables and texts of many lines take longer.</summary>
        public int Slowness { get; init; } = 1;

        public override string ToString() => Name;
    }

    public static TheoryData<Parser> Parsers => new(
        new Parser("superblocks", Superblocks(), bytes =>
        {
            foreach (var (offset, length) in SuperblockProbe.Windows)
            {
                if (SuperblockProbe.Probe(offset, bytes.AsSpan(0, Math.Min(bytes.Length, length))) is { } found)
                    Assert.True((found.Label?.Length ?? 0) <= length && found.MountType.Length > 0);
            }
            for (var place = 0; place < RaidProbe.Places; place++)
            {
                if (RaidProbe.Offset(place, null, 1 << 20) is > 0 and var end && bytes.Length > 4096)
                    RaidProbe.Probe(end, bytes.AsSpan(4096));
            }
        }),
        new Parser("growth of file systems", Superblocks(), bytes =>
        {
            if (bytes.Length < FileSystemGrowth.WindowLength) return;
            foreach (var type in (string[])["ext4", "xfs", "btrfs"])
            {
                try { FileSystemGrowth.Of(type, bytes.AsSpan(0, FileSystemGrowth.WindowLength), 1L << 40); }
                catch (OperatorException) { }
            }
        }),
        new Parser("partition tables", [Table(), Mbr()], bytes =>
        {
            if (bytes.Length < 2 * BlockSize) return;
            _ = Gpt.ReadMbr(bytes);
            ReadTable(bytes);
            // An attacker writes correct checksums.
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(BlockSize + 88),
                Crc32(bytes.AsSpan(2 * BlockSize, Math.Min(128 * 128, bytes.Length - 2 * BlockSize))));
            if (BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(BlockSize + 12)) is < 20 or > BlockSize) return;
            Gpt.Seal(bytes.AsSpan(BlockSize, BlockSize));
            ReadTable(bytes);
        })
        { Slowness = 20 },
        new Parser("counters", [BootBlock.Write(new BootCounters())], bytes => _ = BootBlock.Read(bytes)),
        new Parser("kernel arguments", [new Kargs().Add(null, "quiet").Add(Slot.Active, "loglevel=7").Write()],
            bytes => _ = Kargs.TryRead(bytes)?.Problem),
        new Parser("seals", [new ImageSeal(123456, new string('a', 64)).Write()], bytes => _ = ImageSeal.Parse(bytes)),
        new Parser("manifests", [Manifest()], bytes =>
        {
            if (bytes.Length < PersistentManifest.FirstLine
                || PersistentManifest.HeadLength(bytes.AsSpan(0, PersistentManifest.FirstLine)) is not { } length
                    || length > bytes.Length)
            {
                return;
            }

            if (PersistentManifest.ParseHead(bytes.AsSpan(0, length)) is not { } sections) return;
            PersistentManifest.AddTexts(sections, bytes[length..]);
            foreach (var section in sections) _ = section.Entries();
        }),
        new Parser("env files", Texts("A=1\nB=\"two $A ${B} \\n\"\nexport C='three'\n# end\n"),
            bytes => _ = EnvFile.Parse(Encoding.UTF8.GetString(bytes))),
        new Parser("mountinfo", Texts("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n"), bytes =>
        {
            try { MountInfo.Parse(Encoding.UTF8.GetString(bytes)); }
            catch (FormatException) { }
        }),
        new Parser("failed boots", Texts("{\"time\":1,\"slot\":\"active\"}\n"),
            bytes => _ = FailureFile.Parse(Encoding.UTF8.GetString(bytes))),
        new Parser("module indexes",
            Texts("modules.index 1\nrelease 6.1\nalways loop\nload virtio_blk virtio_ring virtio_blk\nbuiltin ext4\nbus virtio\n " +
            "d00000002v* virtio_blk\n"), bytes =>
        {
            try { ModuleIndex.Parse(Encoding.UTF8.GetString(bytes)); }
            catch (FormatException) { }
        }),
        new Parser("command lines",
            Texts("root=LABEL=COS_ACTIVE rd.immucore.mount=LABEL=X:/x rd.immucore.overlay=tmpfs:20% kairosboot.tries=3 \"a b\"=c"), bytes =>
            _ = BootRequestParser.Parse(KernelCommandLine.Parse(Encoding.UTF8.GetString(bytes)))));

    [Theory]
    [MemberData(nameof(Parsers))]
    public void A_damaged_input_is_refused_by_the_rules_of_its_parser(Parser parser)
    {
        var mutations = new Mutations(Mutations.Seed);
        for (var i = 0; i < Mutations.Inputs / parser.Slowness; i++)
        {
            var input = i < parser.Good.Length ? parser.Good[i] : mutations.Of(parser.Good[i % parser.Good.Length]);
            try { parser.Parse(input); }
            catch (Exception e)
            {
                throw new InvalidOperationException(
                $"{parser.Name}, input {i}: {Convert.ToHexString(input.AsSpan(0, Math.Min(2048, input.Length)))}", e);
            }
        }
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
        }
        return ~crc;
    }

    private static void ReadTable(byte[] disk)
    {
        byte[] Read(long offset,
            int length) => disk[(int)Math.Clamp(offset, 0, disk.Length)..(int)Math.Clamp(offset + length, 0, disk.Length)];
        var header = disk.AsSpan(BlockSize, BlockSize);
        if (Gpt.ReadHeader(header) is { } shape)
        {
            Assert.InRange(shape.Length, 0, 16 << 20);
            _ = Gpt.ReadEntries(Read(shape.Lba * BlockSize, shape.Length), shape);
        }
        try { PartitionTable.Parse(header, Read, Blocks); }
        catch (OperatorException) { }
    }

    private static byte[][] Texts(params string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    // The magic of each format and a few lengths; the rest is for the damage to fill.
    private static byte[][] Superblocks()
    {
        (int At, byte[] Bytes)[][] formats =
        [
            [(0x438, [0x53, 0xEF]), (0x404, [0, 0x10, 0, 0]), (0x478, "LABEL"u8.ToArray())],
            [(0, "XFSB"u8.ToArray()), (4, [0, 0, 0x10, 0]), (108, "LABEL"u8.ToArray())],
            [(0x40, "_BHRfS_M"u8.ToArray()), (0x12B, "LABEL"u8.ToArray())],
            [(0, "hsqs"u8.ToArray()), (28, [4, 0])], [(1024, [0xE2, 0xE1, 0xF5, 0xE0]), (1036, [12])],
            [(1024, [0x10, 0x20, 0xF5, 0xF2])], [(510, [0x55, 0xAA]), (0x36, "FAT16   "u8.ToArray())],
                [(510, [0x55, 0xAA]), (0x52, "FAT32   "u8.ToArray())],
            [(0, [1, .. "CD001"u8])], [(4086, "SWAPSPACE2"u8.ToArray())], [(0, [.. "LUKS"u8, 0xBA, 0xBE, 0, 2])],
                [(512, "LABELONE"u8.ToArray()), (520, [1]), (532, [32]), (536, "LVM2 001"u8.ToArray()),
                    (544, Enumerable.Repeat((byte)'a', 32).ToArray())],
            [(4096, [0xFC, 0x4E, 0x2B, 0xA9, 1]), (4096 + 144, [8]), (4096 + 32, "any:0"u8.ToArray())],
            [(4096, [0xFC, 0x4E, 0x2B, 0xA9, 0])],
        ];
        return [.. formats.Select(parts =>
        {
            var window = new byte[8192];
            foreach (var (at, bytes) in parts) bytes.CopyTo(window, at);
            return window;
        })];
    }

    private static byte[] Table()
    {
        var disk = new byte[64 * BlockSize];
        ProtectiveMbr.New(BlockSize, Blocks).CopyTo(disk, 0);
        var table = PartitionTable.New(BlockSize, Blocks, Guid.Parse("11111111-2222-3333-4444-555555555555"));
        foreach (var write in table.Writes(ProtectiveMbr.New(BlockSize, Blocks)))
            if (write.Offset + write.Bytes.Length <= disk.Length) write.Bytes.CopyTo(disk.AsSpan((int)write.Offset));
        return disk;
    }

    private static byte[] Mbr()
    {
        var block = new byte[4 * BlockSize];
        (block[510], block[511], block[446 + 4]) = (0x55, 0xAA, 0x83);
        BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(446 + 8), 2048);
        BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(446 + 12), 4096);
        return block;
    }

    private static byte[] Manifest()
    {
        var entry = new MergeEntry("ssh_host_key") { Image = EntrySignature.Of('f', 3, new byte[32]) };
        List<ManifestSection> sections = [ManifestSection.Of("/etc/ssh", "etc-ssh.bind", "0123456789abcdef", [entry], meanwhile: false)];
        return [.. PersistentManifest.Head(sections), .. sections.SelectMany(section => section.Text!)];
    }
}
