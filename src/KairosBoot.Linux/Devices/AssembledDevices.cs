using System.Collections.Immutable;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Devices of the device mapper and md arrays, which the kernel assembles from other devices. sysfs has a link to each part in the
/// directory <c>slaves</c>, and in <c>holders</c> of the part a link back.
/// </summary>
internal static class AssembledDevices
{
    // Multipath below LUKS below LVM is three.
    private const int MaxDepth = 8;

    /// <summary>The disks that a disk is assembled from; empty: it is a plain one. Null: it is not one of this machine's disks.</summary>
    public static ImmutableArray<string>? MembersOf(string disk)
    {
        if (!IsAssembled(disk)) return [];
        var members = ImmutableArray.CreateBuilder<string>();
        // Without any part it is a target such as zero or error, or an array that is being stopped.
        return AddMembers(disk, members, depth: 0) && members.Count > 0 ? members.ToImmutable() : null;
    }

    private static bool AddMembers(string disk, ImmutableArray<string>.Builder members, int depth)
    {
        if (depth == MaxDepth) return false;
        foreach (var part in Syscall.ReadDirectoryIfThere($"{BlockDeviceScan.ClassBlock}/{disk}/slaves"))
        {
            if (BlockDeviceScan.IsSkipped(part)) return false;
            var below = DiskOf(part);
            if (IsAssembled(below))
            {
                if (!AddMembers(below, members, depth + 1)) return false;
            }
            else if (!members.Contains(below))
            {
                members.Add(below);
            }
        }
        return true;
    }

    /// <summary>Marks the devices that an assembled one holds. Nothing is read where there is no assembled one.</summary>
    public static ImmutableArray<BlockDevice> MarkMembers(ImmutableArray<BlockDevice> devices)
    {
        var mayBeHeld = false;
        foreach (var device in devices) mayBeHeld |= device.IsAssembled || device.IsHeld;
        if (!mayBeHeld) return devices;
        var marked = ImmutableArray.CreateBuilder<BlockDevice>(devices.Length);
        foreach (var device in devices)
            marked.Add(device with { IsHeld = IsHeld(device.Name) || device.Disk != device.Name && IsHeld(device.Disk) });
        return marked.ToImmutable();
    }

    /// <summary>
    /// The loop device below a device, for example below a mapped image; the device itself if it is one. Null: it is on none, or on several
    /// devices.
    /// </summary>
    /// <param name="name">The kernel's name of the device.</param>
    public static string? LoopBelow(string name)
    {
        for (var depth = 0; depth < MaxDepth; depth++)
        {
            if (name.StartsWith("loop", StringComparison.Ordinal) && int.TryParse(name.AsSpan(4), out _)) return name;
            var parts = Syscall.ReadDirectoryIfThere($"{BlockDeviceScan.ClassBlock}/{name}/slaves");
            if (parts.Count != 1) return null;
            name = parts[0];
        }
        return null;
    }

    private static bool IsHeld(string name) => Syscall.ReadDirectoryIfThere($"{BlockDeviceScan.ClassBlock}/{name}/holders").Count > 0;

    private static bool IsAssembled(string disk) => disk.StartsWith("dm-", StringComparison.Ordinal)
        || disk.StartsWith("md", StringComparison.Ordinal) && disk.Length > 2 && (char.IsAsciiDigit(disk[2]) || disk[2] == '_');

    private static string DiskOf(string part)
    {
        var directory = $"{BlockDeviceScan.ClassBlock}/{part}";
        try { return Syscall.TryStat(directory + "/partition") is null ? part : BlockDeviceScan.DiskOf(directory); }
        catch (SyscallException) { return part; } // it is gone
    }
}
