namespace KairosBoot.Plan;

/// <summary>Why a device that exists cannot be used.</summary>
public enum DeviceFaultKind
{
    /// <summary>A LUKS container.</summary>
    Encrypted,
    /// <summary>An LVM physical volume.</summary>
    Lvm,
    /// <summary>A member of an md RAID array.</summary>
    Raid,
    /// <summary>A backing or caching device of bcache.</summary>
    Bcache,
    /// <summary>A member of a ZFS pool.</summary>
    Zfs,
    /// <summary>Swap space.</summary>
    Swap,
    /// <summary>It cannot be read.</summary>
    Unreadable,
    /// <summary>The kernel refuses writes to it.</summary>
    WriteProtected,
    /// <summary>The partition table of a disk describes a larger disk.</summary>
    TableBeyondDisk,
    /// <summary>Only the backup of the partition table is intact.</summary>
    FirstTableDamaged,
    /// <summary>Neither copy of the partition table is intact.</summary>
    TablesDamaged,
    /// <summary>Only a backup of the superblock is intact.</summary>
    SuperblockDamaged,
    /// <summary>The file system is larger than the device.</summary>
    DeviceTooSmall,
    /// <summary>The content is none that kairos-boot knows.</summary>
    UnknownContent,
}

/// <summary>A device that exists and cannot be used: what it is, and how to fix it.</summary>
/// <param name="kind">A row of <see cref="DeviceFaultTexts"/>.</param>
/// <param name="device">The device.</param>
/// <param name="detail">For the text: an error, sizes, the place of a backup.</param>
/// <param name="repair">The command that repairs it, for kinds whose command is not the same for all devices.</param>
public sealed class DeviceFault(DeviceFaultKind kind, BlockDevice device, string detail = "", string repair = "")
{
    public DeviceFaultKind Kind => kind;
    public BlockDevice Device => device;

    /// <summary>The device has the name that <see cref="FaultSearch"/> was asked for.</summary>
    public bool HasWantedName { get; internal set; }

    /// <summary>A sentence without a full stop.</summary>
    public string Problem => Fill(DeviceFaultTexts.Problem(kind));

    /// <summary>An imperative without a full stop.</summary>
    public string Fix => Fill(DeviceFaultTexts.Fix(kind));

    /// <summary>The fault of a device that was chosen to be mounted; null: it has none.</summary>
    public static DeviceFault? Of(BlockDevice device)
    {
        if (device.Unreadable is { } error) return new(DeviceFaultKind.Unreadable, device, error);
        if (device.Finding is { } finding) return new(finding.Kind, device, finding.Detail, finding.Repair);
        if (device.Superblock is not { } superblock) return new(DeviceFaultKind.UnknownContent, device);
        // The drivers of these refuse such a file system, and a check could shorten it. One btrfs may use several devices.
        if (superblock.SizeBytes > device.SizeBytes && superblock.MountType is "ext4" or "xfs")
        {
            return new(DeviceFaultKind.DeviceTooSmall, device,
                TwoSizes(device.SizeBytes, "its " + superblock.Type + " needs ", superblock.SizeBytes));
        }

        return superblock.Mountable ? null : new(superblock.Type switch
        {
            Superblock.Luks => DeviceFaultKind.Encrypted,
            Superblock.Lvm => DeviceFaultKind.Lvm,
            Superblock.Raid => DeviceFaultKind.Raid,
            Superblock.Bcache => DeviceFaultKind.Bcache,
            _ => DeviceFaultKind.Swap,
        }, device);
    }

    /// <summary><c>1.0 GiB, but its ext4 needs 2.0 GiB</c>: in bytes if the two would look the same.</summary>
    internal static string TwoSizes(long first, string verb, long second)
    {
        string a = ByteSize.Text(first), b = ByteSize.Text(second);
        if (a == b) (a, b) = (first.ToString() + " bytes", second.ToString());
        return a + ", but " + verb + b;
    }

    private string Fill(string text) => text.Replace("{device}", device.Node).Replace("{disk}", "/dev/" + device.Disk)
        .Replace("{detail}", detail).Replace("{repair}", repair);
}
