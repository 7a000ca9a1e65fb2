using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>The seed of a disk's GUIDs, from its inputs. The same inputs give the same disk, byte by byte.</summary>
internal static class DiskInputs
{
    private const int RandomBytes = 32;

    // Documentation/filesystems/ext4/super.rst: s_wtime. fs/squashfs/squashfs_fs.h: mkfs_time.
    private const int Ext4WriteTime = 0x430, SquashfsTime = 8;

    /// <summary>A random seed, for the disk of a machine.</summary>
    internal static DiskSeed Random()
    {
        Span<byte> bytes = stackalloc byte[RandomBytes];
        Syscall.GetRandom(bytes); // the library's generator needs libssl, which a static program lacks
        return new DiskSeed(Convert.ToHexStringLower(bytes));
    }

    /// <summary>A seed from everything that becomes part of the disk.</summary>
    /// <param name="request">Images and configs are read. Of a sealed image, only the seal is read.</param>
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
            Add($"cloud-config {Digest(BoundedFile.TryRead(config, ReadLimit.Config)!)}");
        Add($"arguments {request.KernelArguments}");
        byte[][] bios = grub.Bios is { } programs ? [programs.BootSector, programs.Core] : [];
        foreach (var program in (byte[][])[.. bios, grub.EfiProgram])
            Add($"grub {Digest(program)}");
        foreach (var partition in layout.Partitions)
        {
            Add(string.Create(CultureInfo.InvariantCulture,
                $"{partition.Number} {partition.Name} {partition.FileSystem} {partition.Start} {partition.Size}"));
        }

        Add(string.Create(CultureInfo.InvariantCulture, $"size {layout.Size}"));
        return new DiskSeed(Convert.ToHexStringLower(digest.Finish()));
    }

    /// <summary>Timestamp for the files of a built disk: the build time of its OS image, in seconds since 1970.</summary>
    /// <param name="image">An ext4 or squashfs image.</param>
    internal static long Time(string image)
    {
        var isSquashfs = GrubReadable.Check(image) == "squashfs";
        using var file = Syscall.Open(image, OpenFlags.ReadOnly);
        var field = new byte[4];
        Syscall.PRead(file, field, isSquashfs ? SquashfsTime : Ext4WriteTime);
        return Math.Max(1, (long)BinaryPrimitives.ReadUInt32LittleEndian(field)); // e2fsprogs reads 0 as the current time
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
