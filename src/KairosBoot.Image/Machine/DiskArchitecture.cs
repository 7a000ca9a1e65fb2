using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>The architecture of a disk or of an OS image, without running anything of it.</summary>
internal static class DiskArchitecture
{
    // The directories of an ESP that kboot made are at the start of its data.
    private const int SearchedBytes = 4 << 20;

    /// <summary>Null: it does not say.</summary>
    internal static Architecture? Find(DiskFile disk, CancellationToken cancellationToken)
    {
        if (disk.Kind == DiskFileKind.Raw) return disk.Table is { } table ? OfLoader(disk.Path, table) : null;
        if (disk.Kind != DiskFileKind.OsImage) return null;
        using var scratch = ScratchDirectory.Create("kboot-run", cancellationToken);
        using var reader = ImageReader.Open(disk.Path, scratch);
        return ImageArchitecture.Find(reader);
    }

    // By the name of the only program on the ESP.
    private static Architecture? OfLoader(string disk, PartitionTable table)
    {
        if (table.Partitions.FirstOrDefault(partition => partition.Name == DiskLayout.EspName) is not { } esp) return null;
        using var file = Syscall.Open(disk, OpenFlags.ReadOnly);
        var start = new byte[SearchedBytes];
        var read = Syscall.PRead(file, start, esp.First * table.BlockSize);
        var found = Architecture.All
            .Where(known => start.AsSpan(0, read).IndexOf(Encoding.ASCII.GetBytes(FatVolume.ShortName(known.EfiFile))) >= 0).ToList();
        return found.Count == 1 ? found[0] : null;
    }
}
