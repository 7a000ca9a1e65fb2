using System.Runtime.InteropServices;
using System.Text;
using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>
/// Loop devices. LOOP_CONFIGURE (kernel 5.8) sets one up in a single call, so that a half-configured one is never visible.
/// </summary>
public static unsafe class LoopDevice
{
    // linux/loop.h
    internal const int LOOP_CONFIGURE = 0x4C0A, LOOP_CTL_GET_FREE = 0x4C82, LOOP_GET_STATUS64 = 0x4C05;
    internal const uint LO_FLAGS_READ_ONLY = 1, LO_FLAGS_AUTOCLEAR = 4;

    /// <summary>struct loop_info64.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct LoopInfo64
    {
        public ulong Device, INode, RDevice, Offset, SizeLimit;
        public uint Number, EncryptType, EncryptKeySize, Flags;
        public fixed byte FileName[64], CryptName[64], EncryptKey[32];
        public fixed ulong Init[2];
    }

    /// <summary>struct loop_config.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct LoopConfig
    {
        public uint FileDescriptor, BlockSize;
        public LoopInfo64 Info;
        public fixed ulong Reserved[8];
    }

    /// <summary>
    /// Attaches <paramref name="image"/> to a free loop device, which is freed automatically after its last user (the mount). The handle
    /// keeps it until the mount is made.
    /// </summary>
    /// <returns>The open device; its <see cref="FileHandle.Path"/> is the device node.</returns>
    public static FileHandle Attach(string image, bool readOnly)
    {
        var access = readOnly ? OpenFlags.ReadOnly : OpenFlags.ReadWrite;
        using var file = Syscall.Open(image, access);
        using var control = Syscall.Open("/dev/loop-control", OpenFlags.ReadWrite);
        var config = new LoopConfig { FileDescriptor = (uint)file.Descriptor };
        config.Info.Flags = LO_FLAGS_AUTOCLEAR | (readOnly ? LO_FLAGS_READ_ONLY : 0);
        var name = Encoding.UTF8.GetBytes(image);
        name.AsSpan(0, Math.Min(name.Length, 63)).CopyTo(new Span<byte>(config.Info.FileName, 63));
        while (true)
        {
            var number = LibC.ioctl(control.Descriptor, LOOP_CTL_GET_FREE);
            if (number < 0) throw Syscall.Failed("ioctl LOOP_CTL_GET_FREE", control.Path);
            var device = Syscall.Open("/dev/loop" + number, access);
            if (LibC.ioctl(device.Descriptor, LOOP_CONFIGURE, &config) >= 0) return device;
            var errno = LibC.errno;
            device.Dispose();
            // Another process took it between the two calls: try again.
            if (errno != Errno.EBUSY) throw Syscall.Failed("ioctl LOOP_CONFIGURE " + image, "/dev/loop" + number, errno);
        }
    }

    /// <summary>
    /// Path of the file that is attached to a file system's loop device, also to one below a mapped device, as it was when the file was
    /// attached. Null: the file system is not on a loop device, or the path leads to no regular file.
    /// </summary>
    /// <param name="device">Number of the file system's device, as st_dev encodes it.</param>
    public static string? BackingPath(ulong device)
    {
        if (BlockDeviceScan.NameOf(device) is not { } name || AssembledDevices.LoopBelow(name) is not { } loop) return null;
        var file = FileText.TryReadAttribute($"{BlockDeviceScan.ClassBlock}/{loop}/loop/backing_file");
        return file is not null && Syscall.TryStat(file) is { Type: FileType.Regular } ? file : null;
    }

    /// <summary>
    /// Device and inode of the file that is attached to a file system's loop device, also to one below a mapped device; they stay the
    /// same if the file is renamed. Null: the file system is not on a loop device, or the file is not known.
    /// </summary>
    /// <param name="device">Number of the file system's device, as st_dev encodes it.</param>
    /// <param name="nodes">Directory of the device nodes: <c>/dev</c>.</param>
    public static (ulong Device, ulong Inode)? BackingFile(ulong device, string nodes)
    {
        if (BlockDeviceScan.NameOf(device) is not { } name || AssembledDevices.LoopBelow(name) is not { } number) return null;
        using var loop = Syscall.TryOpen($"{nodes}/{number}", OpenFlags.ReadOnly);
        if (loop is null) return null;
        LoopInfo64 status;
        Syscall.IoCtl(loop, LOOP_GET_STATUS64, &status, "LOOP_GET_STATUS64");
        return (status.Device, status.INode);
    }
}
