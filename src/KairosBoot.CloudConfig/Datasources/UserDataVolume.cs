using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>A provider whose user-data is on a volume: NoCloud's <c>cidata</c>, OpenStack's <c>config-2</c>.</summary>
/// <param name="provider">Name of the provider in a config.</param>
/// <param name="label">Label of the volume, in any letter case, because FAT has only capitals.</param>
/// <param name="files">Paths in the volume. The first existing one is used.</param>
/// <param name="metadata">Path of the metadata; null: none.</param>
internal sealed class UserDataVolume(string provider, string label, string[] files, string? metadata)
{
    internal static readonly UserDataVolume[] All =
    [
        new("cdrom", "cidata", ["user-data", "config"], metadata: null),
        new("config-drive", "config-2", ["openstack/latest/user_data"], metadata: "openstack/latest/meta_data.json"),
    ];

    // The kernel asks modprobe for further modules of a driver, and an initrd has no modprobe: FAT needs code pages for names.
    private static readonly (string Type, string[] Modules)[] Drivers =
        [("iso9660", ["isofs"]), ("vfat", ["vfat", "nls_cp437", "nls_ascii", "nls_iso8859_1", "nls_utf8"]), ("ext4", ["ext4"])];

    internal string Provider { get; } = provider;

    /// <summary>Volumes with the label, then discs with another label.</summary>
    internal List<BlockDevice> Candidates(ImmutableArray<BlockDevice> devices)
    {
        var candidates = new List<BlockDevice>();
        foreach (var device in devices)
            if (IsLabelled(device)) candidates.Add(device);
        foreach (var device in devices)
        {
            if (device.Superblock is not null && device.Name.StartsWith("sr", StringComparison.Ordinal) && !IsLabelled(device))
                candidates.Add(device);
        }
        return candidates;
    }

    internal bool IsLabelled(BlockDevice device) => string.Equals(device.Superblock?.Label, label, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Reads the user-data; null: the volume has none. The mount is not visible to other processes. Throws <see cref="SyscallException"/>,
    /// <see cref="OperatorException"/> and <see cref="FormatException"/> for an unreadable volume or file.
    /// </summary>
    /// <param name="device">One of <see cref="Candidates"/>.</param>
    /// <param name="loadFileSystem">Loads the driver of a file system from the initrd.</param>
    /// <param name="load">Loads these modules if possible.</param>
    internal UserData? Read(BlockDevice device, Action<string> loadFileSystem, Action<string[]> load)
    {
        // First: unlike modprobe it does not wait for a disk that does not answer.
        loadFileSystem(device.Superblock!.MountType);
        using var volume = Mount(device, load);
        foreach (var path in files)
        {
            if (Read(volume, path) is { } content)
                return new UserData(content, $"{device.Node}/{path}", metadata is null ? null : Read(volume, metadata));
        }

        return null;
    }

    private static byte[]? Read(FileHandle volume, string path)
    {
        try
        {
            using var file = Syscall.TryOpenBeneath(volume, path, OpenFlags.Path);
            return file is not null && BoundedFile.Read(file, ReadLimit.UserData) is { Length: > 0 } content ? content : null;
        }
        catch (SyscallException e) when (e.Errno == Errno.EXDEV)
        {
            throw new FormatException($"{e.Path} is a link to a path outside the volume");
        }
    }

    private static FileHandle Mount(BlockDevice device, Action<string[]> load)
    {
        var type = device.Superblock!.MountType;
        foreach (var driver in Drivers)
        {
            if (driver.Type != type) continue;
            try { return Mount(device, type); }
            // No driver, or a missing code page.
            catch (SyscallException e) when (e.Errno is Errno.ENODEV or Errno.EINVAL) { load(driver.Modules); }
            try { return Mount(device, type); }
            catch (SyscallException e) when (e.Errno == Errno.ENODEV)
            {
                throw new FormatException(
                    $"{device.Node} has the file system {type} without a driver; to fix: add the module {driver.Modules[0]} and modprobe " +
                        "to the image");
            }
        }
        throw new FormatException($"{device.Node} has the file system {type}; to fix: use vfat, iso9660 or ext4 for user-data");
    }

    /// <summary>The journal is not replayed, because that would write to a volume that does not belong to this machine.</summary>
    private static FileHandle Mount(BlockDevice device, string type) =>
        type == "ext4" ? Syscall.MountDetached(device.Node, type, "ro", "noload") : Syscall.MountDetached(device.Node, type, "ro");
}
