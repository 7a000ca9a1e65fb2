using KairosBoot.CloudConfig;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>A whole disk on a loop device, partitioned by sgdisk; the kernel knows its partitions. Dispose detaches it.</summary>
internal sealed class LoopDisk : IDisposable
{
    private readonly string file, configs;

    /// <param name="scratch">An empty tmpfs for the test.</param>
    /// <param name="mebibytes">Size of the disk.</param>
    /// <param name="blockSize">Bytes of a logical block.</param>
    /// <param name="table">Arguments of sgdisk; none: the disk stays blank.</param>
    public LoopDisk(string scratch, int mebibytes, int blockSize, params string[] table)
    {
        (file, configs) = (scratch + "/disk", scratch + "/configs");
        Directory.CreateDirectory(configs);
        using (var disk = File.Create(file)) disk.SetLength((long)mebibytes << 20);
        Node = MountNamespace.Tool("losetup", "--find", "--show", "--partscan", "--sector-size", $"{blockSize}", file).Trim();
        if (table.Length == 0) return;
        MountNamespace.Tool("sgdisk", [.. table, Node]);
        TellKernel();
    }

    public string Node { get; }
    public string Name => Node[5..];
    public PartitionedDisk Disk => new(Name);

    public string Partition(int number) => $"{Node}p{number}";

    /// <summary>Enlarges the disk, as a hypervisor does, or as if the image was written to a larger disk.</summary>
    public void Enlarge(int mebibytes)
    {
        using (var disk = File.OpenWrite(file)) disk.SetLength((long)mebibytes << 20);
        MountNamespace.Tool("losetup", "--set-capacity", Node);
    }

    /// <summary>Does what the kernel's scan of the table does; not every kernel scans loop devices.</summary>
    public void TellKernel()
    {
        using var handle = Syscall.Open(Node, OpenFlags.ReadOnly);
        var table = Disk.Read();
        foreach (var partition in table.Partitions)
        {
            if (BlockDeviceScan.Partition(Name, partition.Number) is null)
            {
                KernelPartitions.Add(handle, partition.Number, partition.First * table.BlockSize,
                    (partition.Last - partition.First + 1) * table.BlockSize);
            }
        }
    }

    /// <summary>Runs an entry with this layout, given without its <c>device.path</c>; returns the problems.</summary>
    public IReadOnlyList<StageProblem> Layout(string rest, string more = "", int partition = 0, string? path = null)
    {
        File.WriteAllText(configs + "/90.yaml",
            $"stages:\n  boot:\n    - layout:\n        device: {{path: " +
            $"{path ?? (partition == 0 ? Node : Partition(partition))}{more}}}\n        {rest}\n");
        return new StageRunner([configs], new StageFacts(), MessageLog.None).Run("boot").Problems;
    }

    public string Only(string rest) => Assert.Single(Layout(rest)).Reason;

    /// <summary>Sectors written since the disk was attached: /sys/block/NAME/stat.</summary>
    public long Written => long.Parse(File.ReadAllText($"/sys/block/{Name}/stat").Split(' ', StringSplitOptions.RemoveEmptyEntries)[6]);

    /// <summary>sgdisk finds no fault in the table.</summary>
    public void Verify() => Assert.Contains("No problems found", MountNamespace.Tool("sgdisk", "--verify", Node));

    /// <summary>Removes the disk's partitions from the kernel.</summary>
    public void Forget()
    {
        using var handle = Syscall.Open(Node, OpenFlags.ReadOnly);
        for (var number = 1; number < 12; number++)
            if (BlockDeviceScan.Partition(Name, number) is not null) KernelPartitions.Delete(handle, number);
    }

    public void Dispose()
    {
        Forget();
        MountNamespace.Tool("losetup", "--detach", Node);
    }
}
