using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// What each fault of a device is, and how to fix it. The data may be intact, so no text says to recreate it. The table is golden text in
/// the tests and in docs/failures.md.
/// </summary>
public static class DeviceFaultTexts
{
    // Two lines for each kind, in the order of the kinds: the problem and the fix. Bytes, because a string literal takes twice the space.
    private static ReadOnlySpan<byte> Lines => """
        {device} is encrypted (LUKS), and kairos-boot does not open it
        open it in recovery (cryptsetup open {device} data), and copy the data to a plain partition of that name
        {device} is an LVM physical volume, and kairos-boot does not activate it
        activate it in recovery (vgchange -ay), and copy the data to a plain partition of that name
        {device} is a member of an md RAID array, and kairos-boot does not assemble it
        assemble it in recovery (mdadm --assemble --scan), and copy the data to a plain partition of that name
        {device} belongs to bcache, and kairos-boot does not attach it
        attach it in recovery (echo {device} > /sys/fs/bcache/register), and copy the data to a plain partition of that name
        {device} is a member of a ZFS pool, and kairos-boot does not import it
        import the pool in a system with ZFS (zpool import), and copy the data to a plain partition of that name
        {device} is swap space, not a file system
        correct the name of the volume, or the name of the partition
        {device} cannot be read: {detail}
        check cable and disk (smartctl -a {disk}), and copy the disk (ddrescue) before any repair
        {device} is write-protected
        remove the write protection: the switch of the medium, the setting of the hypervisor, or blockdev --setrw {device}
        {device} has {detail}: the disk was made smaller, or its copy is incomplete
        restore the size of the disk, or copy it again; do not repair the partition table
        the first copy of the partition table of {device} is damaged, but the backup at the end of the disk is intact
        restore the first copy with gdisk {device} (r, b, w, y); until then, gpt on the kernel command line selects the backup
        both copies of the partition table of {device} are damaged
        copy the disk (ddrescue), and search the copy for the partitions (testdisk)
        the first superblock of {device} is damaged, but {detail} is intact
        repair it in recovery: {repair}
        {device} has {detail}: disk or partition was made smaller, or its copy is incomplete
        restore the size of disk and partition, or copy it again; do not run fsck before
        {device} has no file system that kairos-boot knows
        find out in recovery what it holds (blkid -p {device}), and correct the name of the volume or restore the data
        """u8;

    /// <summary>A sentence without a full stop.</summary>
    public static string Problem(DeviceFaultKind kind) => Line((int)kind * 2);

    /// <summary>An imperative without a full stop.</summary>
    public static string Fix(DeviceFaultKind kind) => Line((int)kind * 2 + 1);

    private static string Line(int number) => Encoding.UTF8.GetString(Lines).Split('\n')[number];
}
