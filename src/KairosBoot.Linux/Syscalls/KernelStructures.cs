using System.Runtime.InteropServices;

namespace KairosBoot.Linux;

// Structures of system calls that Tmds.LibC does not declare. HeaderTests compares each field with the C headers.

/// <summary>struct statfs of machines with 64 bits.</summary>
[StructLayout(LayoutKind.Sequential, Size = 120)]
internal struct StatFs
{
    public long Type, BlockSize, Blocks, FreeBlocks, AvailableBlocks, Files, FreeFiles, FileSystemId, MaxName, FragmentSize, Flags;
}

/// <summary>struct sysinfo, up to the last field that is read.</summary>
[StructLayout(LayoutKind.Sequential, Size = 112)]
internal unsafe struct SysInfo
{
    public long Uptime;
    public fixed ulong Loads[3];
    /// <summary>In bytes on machines of 64 bits.</summary>
    public ulong TotalMemory;
}

/// <summary>struct flock of machines with 64 bits.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RecordLock
{
    public short Type, Whence;
    public long Start, Length;
    public int ProcessId;
}

/// <summary>struct open_how.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OpenHow
{
    public ulong Flags, Mode, Resolve;
}

/// <summary>struct mount_attr.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MountAttr
{
    public ulong Set, Clear, Propagation, UserNamespace;
}

/// <summary>struct sockaddr_nl.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NetlinkAddress
{
    public ushort Family, Padding;
    public uint ProcessId, Groups;
}

/// <summary>struct timespec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ClockTime
{
    public long Seconds, Nanoseconds;
}
