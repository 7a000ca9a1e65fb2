using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>A block device as described by sysfs and its first bytes.</summary>
/// <param name="Name">The kernel's name: <c>vda4</c>, <c>nvme0n1p2</c>.</param>
/// <param name="Disk">Name of the whole disk that contains it; its own name for a whole disk.</param>
/// <param name="Partition">From 1; 0 for a whole disk.</param>
/// <param name="SizeBytes">Its size.</param>
public sealed record BlockDevice(string Name, string Disk, int Partition, long SizeBytes)
{
    public Superblock? Superblock { get; init; }
    /// <summary>GPT partition name.</summary>
    public string? PartLabel { get; init; }
    /// <summary>GPT partition GUID in lower case; <c>1234abcd-02</c> on an MBR disk.</summary>
    public string? PartUuid { get; init; }
    public string? Model { get; init; }
    public string? Serial { get; init; }
    /// <summary>Why the device could not be read; null: it could.</summary>
    public string? Unreadable { get; init; }

    /// <summary>
    /// The disks below a device of the device mapper or an md array: LUKS, LVM, RAID, multipath. Empty: it is not assembled from others.
    /// </summary>
    public ImmutableArray<string> Members { get; init; } = [];

    /// <summary>Such a device is assembled from this one, or from its disk, so the kernel does not mount this one.</summary>
    public bool IsHeld { get; init; }

    public bool IsAssembled => !Members.IsEmpty;

    /// <summary>It is on this disk, or assembled from a part of it.</summary>
    public bool IsOn(string disk) => Disk == disk || Members.Contains(disk);

    /// <summary>Value of <see cref="Unreadable"/> for a disk that does not answer the kernel, and for its partitions.</summary>
    public const string NoAnswer = "it does not answer";

    /// <summary>Its disk does not answer. It may answer later.</summary>
    public bool IsSilent => Unreadable == NoAnswer;

    /// <summary>The kernel refuses writes to it.</summary>
    public bool IsWriteProtected { get; init; }
    /// <summary>Result of a closer examination; null: nothing was found, or it was not examined.</summary>
    public DeviceFinding? Finding { get; init; }

    // Devices are compared by their names. What the compiler would add to compare each member is code in PID 1.
    public bool Equals(BlockDevice? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => 0;

    /// <summary>In a plan for a machine that is not this one: how it is found, such as <c>LABEL=COS_STATE</c>.</summary>
    public string? Reference { get; init; }

    public string Node => Reference ?? "/dev/" + Name;

    /// <summary>
    /// A name for fstab that stays the same if the kernel numbers its disks differently. The node if the device has no such name.
    /// </summary>
    public string StableName =>
        PartUuid is not null ? "PARTUUID=" + PartUuid : Superblock?.Uuid is { } uuid ? "UUID=" + uuid : Node;

    /// <summary>One line for messages: <c>/dev/vda4 ext4 LABEL=COS_STATE 2.0 GiB PARTUUID=...</c></summary>
    public override string ToString()
    {
        var text = $"{Node} {Superblock?.Type ?? (Unreadable is null ? "no known file system" : "unreadable: " + Unreadable)}";
        if (Superblock?.Label is { } label) text += " LABEL=" + label;
        if (PartLabel is not null) text += " PARTLABEL=" + PartLabel;
        text += " " + ByteSize.Text(SizeBytes);
        if (PartUuid is not null) text += " PARTUUID=" + PartUuid;
        if (Model is not null) text += $" model \"{Model}\"";
        if (Serial is not null) text += $" serial \"{Serial}\"";
        return text;
    }
}
