using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Creates the file systems of extra partitions that mke2fs does not make. Their tools are needed only for them.</summary>
internal static class ExtraFileSystem
{
    // mkfs.xfs would choose up to 2 GiB on a large disk, and it writes zeros to all of it.
    private const string XfsLog = "size=64m";

    /// <exception cref="OperatorException">A program is not installed.</exception>
    internal static void RequireTools(DiskLayout layout)
    {
        if (layout.Extra.Any(partition => partition.FileSystem == "xfs")) Tool.MakeXfs.Require();
        if (layout.Extra.Any(partition => partition.FileSystem == "vfat")) Tool.MakeFat.Require();
    }

    /// <param name="disk">The disk.</param>
    /// <param name="partition">Its file system: <c>vfat</c>.</param>
    /// <param name="serial">Serial number of the volume.</param>
    /// <param name="cancellationToken">Ends the program.</param>
    // With an offset, mkfs.fat chooses the kind of FAT by the size of the whole disk. These are its own limits.
    internal static void MakeFat(DiskTarget disk, DiskPartition partition, uint serial, CancellationToken cancellationToken) =>
        Tool.MakeFat.Run(new ToolArguments().Options("-I", "--invariant", "-S", $"{disk.BlockSize}", "-i", $"{serial:x8}")
            .Options("-F", (partition.Size / DiskLayout.MiB) switch { <= 4 => "12", < 512 => "16", _ => "32" })
            .Option("-n", VolumeLabel.Parse(partition.Label).Text).Options($"--offset={partition.Start / disk.BlockSize}")
            .Path(disk.Path).Options($"{partition.Size / 1024}"), cancellationToken);

    /// <summary>mkfs.xfs writes only to whole devices and files: it makes a file with holes, whose content is copied.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="partition">Its file system: <c>xfs</c>.</param>
    /// <param name="id">Its UUID.</param>
    /// <param name="scratch">Takes the file: a few times 10 MiB.</param>
    internal static void MakeXfs(DiskTarget disk, DiskPartition partition, Guid id, TemporaryDirectory scratch)
    {
        var path = scratch.File("xfs");
        HostFile.SetSize(path, partition.Size);
        Tool.MakeXfs.Run(new ToolArguments().Options("-q", "-f", "-m", $"uuid={id}", "-s", $"size={disk.BlockSize}", "-l", XfsLog)
            .Option("-L", VolumeLabel.Parse(partition.Label).Text).Path(path), scratch.Interrupt);
        using (var file = Syscall.Open(path, OpenFlags.ReadOnly)) Copy(file, disk, partition, scratch.Interrupt);
        Syscall.Unlink(path);
    }

    private static void Copy(FileHandle file, DiskTarget disk, DiskPartition partition, CancellationToken cancellationToken)
    {
        var piece = new byte[1 << 20];
        for (long at = 0; at < partition.Size;)
        {
            (at, var end) = Syscall.NextData(file, at, partition.Size);
            for (int read; at < end; at += read)
            {
                cancellationToken.ThrowIfCancellationRequested();
                read = Syscall.PRead(file, piece.AsSpan(0, (int)Math.Min(piece.Length, end - at)), at);
                if (read == 0) return;
                disk.Write(partition.Start + at, piece.AsSpan(0, read));
            }
        }
    }
}
