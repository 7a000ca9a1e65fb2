using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>What a disk's content follows from. The same inputs make the same disk, byte by byte.</summary>
internal static class DiskInputs
{
    private const int RandomBytes = 32;

    // Documentation/filesystems/ext4/super.rst: s_wtime. fs/squashfs/squashfs_fs.h: mkfs_time.
    private const int Ext4WriteTime = 0x430, SquashfsTime = 8;

    /// <summary>For a disk of a machine: no other has the same.</summary>
    internal static DiskSeed Random()
    {
        Span<byte> bytes = stackalloc byte[RandomBytes];
        Syscall.GetRandom(bytes); // the library's generator needs libssl, which a static program has not
        return new DiskSeed(Convert.ToHexStringLower(bytes));
    }

    /// <summary>From all that becomes part of the disk.</summary>
    /// <param name="request">Images and configs are read; a seal stands for its image.</param>
    /// <param name="layout">Sizes, names and file systems.</param>
    /// <param name="grub">GRUB's programs.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    internal static DiskSeed Seed(DiskRequest request, DiskLayout layout, GrubFiles grub, CancellationToken cancellationToken)
    {
        var digest = new Sha256();
        void Add(string text) => digest.Append(Encoding.UTF8.GetBytes(text + "\n"));
        Add($"image {ImageDigest(request.Image, cancellationToken)}");
        Add($"recovery {ImageDigest(request.Recovery ?? request.Image, cancellationToken)}");
        foreach (var config in request.CloudConfigs)
            Add($"cloud-config {Digest(File.ReadAllBytes(config))}");
        Add($"arguments {request.KernelArguments}");
        foreach (var program in new[] { grub.BootSector, grub.BiosCore, grub.EfiProgram })
            Add($"grub {Digest(program)}");
        foreach (var partition in layout.Partitions)
            Add(string.Create(CultureInfo.InvariantCulture, $"{partition.Number} {partition.Name} {partition.FileSystem} {partition.Start} {partition.Size}"));
        Add(string.Create(CultureInfo.InvariantCulture, $"size {layout.Size}"));
        return new DiskSeed(Convert.ToHexStringLower(digest.Finish()));
    }

    /// <summary>The time that the files of a disk get which is built: when its OS image was made, in seconds since 1970.</summary>
    /// <param name="image">Of the kinds that GRUB reads.</param>
    internal static long Time(string image)
    {
        var isSquashfs = GrubReadable.Check(image) == "squashfs";
        using var file = Syscall.Open(image, OpenFlags.ReadOnly);
        var field = new byte[4];
        Syscall.PRead(file, field, isSquashfs ? SquashfsTime : Ext4WriteTime);
        return Math.Max(1, (long)BinaryPrimitives.ReadUInt32LittleEndian(field)); // e2fsprogs takes 0 for now
    }

    private static string ImageDigest(string image, CancellationToken cancellationToken) =>
        SealedImage.Read(image)?.Sha256 ?? SealedImage.Digest(image, DiskRequest.Size(image), (_, _, _) => { }, cancellationToken);

    private static string Digest(byte[] bytes)
    {
        var digest = new Sha256();
        digest.Append(bytes);
        return Convert.ToHexStringLower(digest.Finish());
    }
}
