using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// A new partition of a layout. Its file system is created first, in a partition that only the kernel has. The table gets the partition after
/// that, so an interruption or a failure leaves the disk unchanged.
/// </summary>
internal static class NewPartition
{
    private const int MaxNameLength = 36; // UTF-16 units of a GPT entry

    /// <exception cref="OperatorException">The partition cannot be created.</exception>
    internal static void AddIfMissing(string diskName, PartitionedDisk disk, YamlMapping wanted, bool isLast, EntryRun run)
    {
        string name = wanted.Text("pLabel") ?? "", label = wanted.Text("fsLabel") ?? "", type = wanted.Text("filesystem") ?? MakeFileSystem.Default;
        if (name.Length == 0 && label.Length == 0)
            throw new OperatorException("a partition without fsLabel and pLabel would be added again at every boot", "set fsLabel or pLabel");
        if (name.Length > MaxNameLength) throw new OperatorException($"pLabel {name} is longer than {MaxNameLength} characters", "use a shorter one");
        var maker = MakeFileSystem.Find(type)!;
        if (maker.Programs.Length > 0 && Encoding.UTF8.GetByteCount(label) > maker.MaxLabelLength)
            throw new OperatorException($"fsLabel {label} is longer than the {maker.MaxLabelLength} bytes of {type}", "use a shorter one");
        var table = disk.Read();
        if (Exists(diskName, table, name, label))
        {
            if (table.IsHalfWritten) disk.Write(table);
            return;
        }

        var program = Program(maker, type);
        var place = table.Place((wanted.Integer("size") ?? 0) << 20, isLast, name);
        InKernel(disk, place, table.BlockSize, () =>
        {
            if (program is not null) Make(diskName, disk, place, program, node => maker.Arguments(node, label), wanted.Line, run);
            disk.Write(table.With(place, PartitionType.For(type, wanted.Boolean("bootable") == true), RandomUuid()));
        });
        run.ReportDisk($"{disk.Node}: new {place} with {type}{(label.Length == 0 ? "" : " " + label)}, {ByteSize.Text((place.Last - place.First + 1) * table.BlockSize)}");
    }

    private static bool Exists(string diskName, PartitionTable table, string name, string label)
    {
        foreach (var partition in table.Partitions)
        {
            if (name.Length > 0 && partition.Name == name) return true;
            if (label.Length > 0 && BlockDeviceScan.Partition(diskName, partition.Number) is { } node
                && BlockDeviceScan.One(node)?.Superblock?.Label == label)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Null: no file system.</summary>
    private static string? Program(MakeFileSystem maker, string type)
    {
        foreach (var name in maker.Programs)
            if (StageFacts.FindProgram(name) is { } program) return program;
        return maker.Programs.Length == 0 ? null
            : throw new OperatorException($"this root has no {maker.Programs[0]}, which makes {type}", "add it to the image");
    }

    /// <summary>Adds the partition in the kernel and calls <paramref name="finish"/>. If that fails, removes the partition again.</summary>
    private static void InKernel(PartitionedDisk disk, TablePartition place, int blockSize, Action finish)
    {
        using var handle = Syscall.Open(disk.Node, OpenFlags.ReadOnly);
        KernelPartitions.Add(handle, place.Number, place.First * blockSize, (place.Last - place.First + 1) * blockSize);
        try { finish(); }
        catch
        {
            KernelPartitions.Delete(handle, place.Number);
            throw;
        }
    }

    private static void Make(string diskName, PartitionedDisk disk, TablePartition place, string program, Func<string, string[]> arguments, int line, EntryRun run)
    {
        var node = "/dev/" + (BlockDeviceScan.Partition(diskName, place.Number) ?? throw new OperatorException($"the kernel has no {place} of {disk.Node}", "reboot"));
        var code = run.RunProgram(program, arguments(node), line, "layout");
        if (code is > 0) throw new OperatorException($"{program} {string.Join(' ', arguments(node))}: exit code {code}", "see its messages in the log; the disk is unchanged");
        if (code is null) throw new OperatorException($"{program} did not finish", "see the previous problem; the disk is unchanged");
        using var device = Syscall.Open(node, OpenFlags.ReadOnly);
        Syscall.FSync(device);
    }

    /// <summary>RFC 9562, version 4.</summary>
    private static Guid RandomUuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        Syscall.GetRandom(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
