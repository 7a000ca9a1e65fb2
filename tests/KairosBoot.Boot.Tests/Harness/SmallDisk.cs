using System.Globalization;
using KairosBoot.Plan;

namespace KairosBoot.Boot.Tests;

/// <summary>A partition of a <see cref="SmallDisk"/>: an ext4 with this label and files (path in it, content).</summary>
public sealed record Partition(string Label, int MiB, params (string Path, byte[] Content)[] Files);

/// <summary>A GPT disk of a few MiB, made with sgdisk and mke2fs. Dispose deletes it.</summary>
/// <remarks>sgdisk reads a file in blocks of 512 bytes only, so the table of a disk with larger blocks is ours.</remarks>
public sealed class SmallDisk : IDisposable
{
    private readonly List<int> _starts = [];
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("kairosboot-disk-");

    public SmallDisk(params Partition[] partitions) : this(512, partitions)
    {
    }

    /// <param name="blockSize">Bytes of a logical block: 512 or 4096.</param>
    /// <param name="partitions">In the order on the disk.</param>
    public SmallDisk(int blockSize, params Partition[] partitions)
    {
        File = Path.Combine(_directory.FullName, "disk.raw");
        using (FileStream file = new(File, FileMode.CreateNew))
        {
            file.SetLength((partitions.Sum(p => p.MiB) + 2L) << 20);
        }
        int start = 1;
        foreach (Partition partition in partitions)
        {
            _starts.Add(start);
            start += partition.MiB;
        }
        if (blockSize == 512) Tool.Run("sgdisk", [.. Table(partitions), File]);
        else WriteTable(blockSize, partitions);
        for (int i = 0; i < partitions.Length; i++) Format(partitions[i], _starts[i], blockSize);
    }

    private IEnumerable<string> Table(Partition[] partitions) => partitions.SelectMany((partition, i) => (string[])
        [$"--new=0:{_starts[i]}M:+{partition.MiB}M", $"--change-name=0:{partition.Label}"]).Prepend("--clear");

    private void WriteTable(int blockSize, Partition[] partitions)
    {
        using FileStream file = System.IO.File.OpenWrite(File);
        long blocks = file.Length / blockSize;
        PartitionTable table = PartitionTable.New(blockSize, blocks, Guid.NewGuid());
        for (int i = 0; i < partitions.Length; i++)
        {
            long first = ((long)_starts[i] << 20) / blockSize;
            table = table.With(new TablePartition(i + 1, first, first + ((long)partitions[i].MiB << 20) / blockSize - 1,
                partitions[i].Label), PartitionType.For("ext4", isBootable: false), Guid.NewGuid());
        }
        file.Write(ProtectiveMbr.New(blockSize, blocks));
        foreach (var write in table.Writes([]))
        {
            file.Position = write.Offset;
            file.Write(write.Bytes);
        }
    }

    public string File { get; }

    /// <summary>PARTUUID of a partition (number from 1), in lower case as the kernel prints it.</summary>
    public string PartitionUuid(int number)
    {
        const string Key = "Partition unique GUID: ";
        string line = Tool.Run("sgdisk", $"--info={number}", File).Split('\n').Single(l => l.StartsWith(Key, StringComparison.Ordinal));
        return line[Key.Length..].ToLower(CultureInfo.InvariantCulture);
    }

    /// <summary>Changes the file system of a partition (number from 1) with debugfs commands; returns their output.</summary>
    public string DebugFs(int number, params string[] commands)
    {
        string script = Path.Combine(_directory.FullName, "debugfs");
        System.IO.File.WriteAllLines(script, commands);
        return Tool.Run("debugfs", "-w", "-f", script, $"{File}?offset={(long)_starts[number - 1] << 20}");
    }

    /// <summary>Makes the disk larger, as a hypervisor does. The partition table does not change.</summary>
    public void Enlarge(int mebibytes)
    {
        using FileStream file = System.IO.File.OpenWrite(File);
        file.SetLength(file.Length + ((long)mebibytes << 20));
    }

    /// <summary>Overwrites bytes of a partition (number from 1) with zeros.</summary>
    public void Wipe(int number, int offset, int length)
    {
        using FileStream file = System.IO.File.OpenWrite(File);
        file.Position = ((long)_starts[number - 1] << 20) + offset;
        file.Write(new byte[length]);
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private void Format(Partition partition, int startMiB, int blockSize)
    {
        string tree = Path.Combine(_directory.FullName, "tree");
        Directory.CreateDirectory(tree);
        foreach ((string path, byte[] content) in partition.Files)
        {
            string target = Path.Combine(tree, path.TrimStart('/'));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            System.IO.File.WriteAllBytes(target, content);
        }
        // A block of a file system cannot be smaller than one of the disk; mke2fs takes 1 KiB for a small one.
        Tool.Run("mke2fs", ["-q", "-F", "-t", "ext4", "-L", partition.Label, "-d", tree,
            .. blockSize > 1024 ? (string[])["-b", $"{blockSize}"] : [],
            "-E", $"offset={(long)startMiB << 20},root_owner=0:0", File, $"{partition.MiB}M"]);
        Directory.Delete(tree, recursive: true);
    }
}
