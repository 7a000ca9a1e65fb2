using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>
/// Optical drives. The kernel gives an empty one the size of its last disc or 1 GiB, and each read of it is several error lines in the log.
/// </summary>
internal static unsafe class OpticalDrive
{
    // linux/cdrom.h
    private const int CDROM_DRIVE_STATUS = 0x5326, CDSL_CURRENT = int.MaxValue, CDS_NO_DISC = 1, CDS_TRAY_OPEN = 2;

    /// <summary>True: the drive reports that it has no disc. This does not move the tray.</summary>
    /// <param name="name">The kernel's name of the device: <c>sr0</c>.</param>
    /// <param name="node">The device, opened with O_NONBLOCK.</param>
    public static bool IsEmpty(string name, FileHandle node) => name.StartsWith("sr", StringComparison.Ordinal)
        && LibC.ioctl(node.Descriptor, CDROM_DRIVE_STATUS, CDSL_CURRENT) is CDS_NO_DISC or CDS_TRAY_OPEN;
}
