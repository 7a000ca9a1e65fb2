using System.Runtime.InteropServices;

namespace KairosBoot.Linux.Tests;

/// <summary>Compares numbers and structs that we declare ourselves with the C headers, in a program of static asserts.</summary>
public sealed class HeaderTests
{
    [Fact]
    public void Our_constants_and_structures_match_the_headers()
    {
        var asserts = new List<string>
        {
            Equal("sizeof(struct loop_config)", Marshal.SizeOf<LoopDevice.LoopConfig>()),
            Equal("offsetof(struct loop_config, info)", (long)Marshal.OffsetOf<LoopDevice.LoopConfig>("Info")),
            Equal("offsetof(struct loop_info64, lo_file_name)", (long)Marshal.OffsetOf<LoopDevice.LoopInfo64>("FileName")),
            Equal("offsetof(struct loop_info64, lo_flags)", (long)Marshal.OffsetOf<LoopDevice.LoopInfo64>("Flags")),
            Equal("LOOP_CONFIGURE", LoopDevice.LOOP_CONFIGURE), Equal("LOOP_CTL_GET_FREE", LoopDevice.LOOP_CTL_GET_FREE),
            Equal("LOOP_GET_STATUS64", LoopDevice.LOOP_GET_STATUS64), Equal("SYS_renameat2", 316),
                Equal("POSIX_FADV_DONTNEED", Syscall.POSIX_FADV_DONTNEED), Equal("SYNC_FILE_RANGE_WRITE", Syscall.SYNC_FILE_RANGE_WRITE),
                    Equal("LOOP_MAJOR", 7),
            Equal("SYS_open_tree", Syscall.SYS_open_tree), Equal("SYS_setresuid", Syscall.SYS_setresuid),
                Equal("SYS_setresgid", Syscall.SYS_setresgid), Equal("OPEN_TREE_CLONE", Syscall.OPEN_TREE_CLONE),
                    Equal("RENAME_EXCHANGE", Syscall.RENAME_EXCHANGE),
            Equal("LO_FLAGS_READ_ONLY", LoopDevice.LO_FLAGS_READ_ONLY), Equal("LO_FLAGS_AUTOCLEAR", LoopDevice.LO_FLAGS_AUTOCLEAR),
            Equal("(unsigned)WDIOC_GETSUPPORT", Watchdog.WDIOC_GETSUPPORT), Equal("(unsigned)WDIOC_KEEPALIVE", Watchdog.WDIOC_KEEPALIVE),
            Equal("(unsigned)WDIOC_SETTIMEOUT", Watchdog.WDIOC_SETTIMEOUT), Equal("(unsigned)WDIOC_GETTIMEOUT", Watchdog.WDIOC_GETTIMEOUT),
            Equal("WDIOF_MAGICCLOSE", Watchdog.WDIOF_MAGICCLOSE), Equal("sizeof(struct watchdog_info)", Marshal.SizeOf<Watchdog.Info>()),
            Equal("SYS_finit_module", 313), Equal("SYS_kexec_file_load", Syscall.SYS_kexec_file_load),
                Equal("(unsigned)RB_KEXEC", (uint)RebootCommand.KExec), Equal("SYS_openat2", 437), Equal("SYS_pidfd_open", 434),
                    Equal("SYS_getdents64", 217),
            Equal("SYS_fsopen", 430), Equal("SYS_fsconfig", 431), Equal("SYS_fsmount", 432), Equal("FSOPEN_CLOEXEC", 1),
                Equal("FSMOUNT_CLOEXEC", 1),
            Equal("FSCONFIG_SET_FLAG", 0), Equal("FSCONFIG_SET_STRING", 1), Equal("FSCONFIG_CMD_CREATE", 6), Equal("MOUNT_ATTR_RDONLY", 1),
            Equal("FSCONFIG_SET_FLAG", Syscall.FSCONFIG_SET_FLAG), Equal("MOUNT_ATTR_RDONLY", Syscall.MOUNT_ATTR_RDONLY),
            Equal("MOUNT_ATTR_NOSUID", 2), Equal("MOUNT_ATTR_NODEV", 4), Equal("MOUNT_ATTR_NOEXEC", 8),
            Equal("RESOLVE_IN_ROOT", 0x10), Equal("RESOLVE_BENEATH", 0x08), Equal("RESOLVE_NO_XDEV", 0x01),
                Equal("RESOLVE_NO_MAGICLINKS", 0x02), Equal("sizeof(struct open_how)", 24), Equal("sizeof(struct statfs) <= 256", 1),
            Equal("offsetof(struct dirent64, d_name)", 19), Equal("offsetof(struct dirent64, d_reclen)", 16),
            Equal("sizeof(posix_spawn_file_actions_t) <= 256", 1), Equal("sizeof(posix_spawnattr_t) <= 512", 1),
            Equal("POSIX_SPAWN_SETPGROUP", 2), Equal("POSIX_SPAWN_SETSIGDEF", 4), Equal("POSIX_SPAWN_SETSIGMASK", 8),
            Equal("CLOCK_BOOTTIME", 7), Equal("NETLINK_KOBJECT_UEVENT", 15), Equal("SO_RCVBUFFORCE", 33),
                Equal("sizeof(struct sockaddr_nl)", 12),
            Equal("(unsigned)RAMFS_MAGIC", 0x858458F6), Equal("TMPFS_MAGIC", 0x01021994), Equal("MNT_DETACH", 2),
                Equal("UMOUNT_NOFOLLOW", 8),
            Equal("sizeof(((struct utsname*)0)->release)", 65), Equal("XATTR_SIZE_MAX", 65536),
            Equal("SEEK_SET", Syscall.SEEK_SET), Equal("SEEK_DATA", Syscall.SEEK_DATA), Equal("SEEK_HOLE", Syscall.SEEK_HOLE),
            Equal("offsetof(struct statfs, f_bsize)", 8), Equal("offsetof(struct statfs, f_bavail)", 32),
            Equal("offsetof(struct statfs, f_files)", 40), Equal("offsetof(struct statfs, f_ffree)", 48),
            Equal("SYS_move_mount", Syscall.SYS_move_mount), Equal("MOVE_MOUNT_F_EMPTY_PATH", Syscall.MOVE_MOUNT_F_EMPTY_PATH),
            Equal("MOVE_MOUNT_T_EMPTY_PATH", Syscall.MOVE_MOUNT_T_EMPTY_PATH), Equal("RESOLVE_NO_SYMLINKS", 0x04),
            Equal("offsetof(struct statfs, f_flags)", 80), Equal("sizeof(struct sysinfo) <= 256", 1),
            Equal("offsetof(struct sysinfo, totalram)", 32),
            Equal("(unsigned)RB_AUTOBOOT", (uint)RebootCommand.Restart), Equal("(unsigned)RB_POWER_OFF", (uint)RebootCommand.PowerOff),
            Equal("(unsigned)RB_HALT_SYSTEM", (uint)RebootCommand.Halt),
        };
        (string Name, MountFlags Flag)[] flags =
        [
            ("MS_RDONLY", MountFlags.ReadOnly), ("MS_NOSUID", MountFlags.NoSuid), ("MS_NODEV", MountFlags.NoDev),
                ("MS_NOEXEC", MountFlags.NoExec),
            ("MS_SYNCHRONOUS", MountFlags.Synchronous), ("MS_REMOUNT", MountFlags.Remount), ("MS_DIRSYNC", MountFlags.DirSync),
            ("MS_NOATIME", MountFlags.NoAtime), ("MS_NODIRATIME", MountFlags.NoDirAtime), ("MS_BIND", MountFlags.Bind),
                ("MS_MOVE", MountFlags.Move),
            ("MS_REC", MountFlags.Recursive), ("MS_PRIVATE", MountFlags.Private), ("MS_SLAVE", MountFlags.Slave),
                ("MS_SHARED", MountFlags.Shared),
            ("MS_RELATIME", MountFlags.RelAtime), ("MS_STRICTATIME", MountFlags.StrictAtime),
        ];
        asserts.AddRange(flags.Select(row => Equal(row.Name, (uint)row.Flag)));
        asserts.AddRange(typeof(Errno).GetFields().Where(f => f.IsLiteral).Select(f => Equal(f.Name, (int)f.GetRawConstantValue()!)));
        Hold(asserts, "dirent.h", "errno.h", "fcntl.h", "linux/fs.h", "linux/limits.h", "linux/loop.h", "linux/magic.h", "linux/major.h",
            "linux/netlink.h", "linux/openat2.h", "linux/watchdog.h", "spawn.h", "stddef.h",
            "sys/mount.h", "sys/reboot.h", "sys/socket.h", "sys/statfs.h", "sys/syscall.h", "sys/sysinfo.h", "sys/utsname.h", "time.h",
                "unistd.h");
    }

    // Some of these also declare what sys/mount.h declares.
    [Fact]
    public void Constants_and_structures_of_disks_match_the_headers() => Hold(
        [
            Equal("BLKRRPART", KernelPartitions.BLKRRPART), Equal("BLKPG", KernelPartitions.BLKPG),
                Equal("BLKPG_ADD_PARTITION", KernelPartitions.BLKPG_ADD_PARTITION),
            Equal("BLKPG_DEL_PARTITION", KernelPartitions.BLKPG_DEL_PARTITION),
                Equal("BLKPG_RESIZE_PARTITION", KernelPartitions.BLKPG_RESIZE_PARTITION),
            Equal("sizeof(struct blkpg_ioctl_arg)", Marshal.SizeOf<KernelPartitions.Request>()),
            Equal("offsetof(struct blkpg_ioctl_arg, data)", (long)Marshal.OffsetOf<KernelPartitions.Request>("Data")),
            Equal("sizeof(struct blkpg_partition)", Marshal.SizeOf<KernelPartitions.Partition>()),
            Equal("offsetof(struct blkpg_partition, pno)", (long)Marshal.OffsetOf<KernelPartitions.Partition>("Number")),
            // Only newer headers have linux/ext4.h.
            Equal("_IOW('f', 16, __u64)", FileSystemResize.EXT4_IOC_RESIZE_FS),
                Equal("BTRFS_IOC_RESIZE", FileSystemResize.BTRFS_IOC_RESIZE),
            Equal("sizeof(struct btrfs_ioctl_vol_args)", Marshal.SizeOf<FileSystemResize.BtrfsArguments>()),
            Equal("offsetof(struct btrfs_ioctl_vol_args, name)", (long)Marshal.OffsetOf<FileSystemResize.BtrfsArguments>("Name")),
            Equal("XFS_IOC_FSGEOMETRY_V1", FileSystemResize.XFS_IOC_FSGEOMETRY_V1),
                Equal("XFS_IOC_FSGROWFSDATA", FileSystemResize.XFS_IOC_FSGROWFSDATA),
            Equal("sizeof(struct xfs_fsop_geom_v1)", Marshal.SizeOf<FileSystemResize.XfsGeometry>()),
            Equal("offsetof(struct xfs_fsop_geom_v1, imaxpct)", (long)Marshal.OffsetOf<FileSystemResize.XfsGeometry>("InodePercent")),
            Equal("offsetof(struct xfs_fsop_geom_v1, datablocks)", (long)Marshal.OffsetOf<FileSystemResize.XfsGeometry>("DataBlocks")),
            Equal("sizeof(struct xfs_growfs_data)", Marshal.SizeOf<FileSystemResize.XfsGrowth>()),
            Equal("SYS_fsopen", Syscall.SYS_fsopen), Equal("SYS_fsconfig", Syscall.SYS_fsconfig), Equal("SYS_fsmount", Syscall.SYS_fsmount),
            Equal("FSOPEN_CLOEXEC", Syscall.FSOPEN_CLOEXEC), Equal("FSMOUNT_CLOEXEC", Syscall.FSMOUNT_CLOEXEC),
            Equal("FSCONFIG_SET_STRING", Syscall.FSCONFIG_SET_STRING), Equal("FSCONFIG_CMD_CREATE", Syscall.FSCONFIG_CMD_CREATE),
            Equal("MOUNT_ATTR_NOSUID", Syscall.MOUNT_ATTR_NOSUID), Equal("MOUNT_ATTR_NODEV", Syscall.MOUNT_ATTR_NODEV),
                Equal("MOUNT_ATTR_NOEXEC", Syscall.MOUNT_ATTR_NOEXEC),
            Equal("SYS_mount_setattr", Syscall.SYS_mount_setattr), Equal("sizeof(struct mount_attr)", Syscall.SizeOfMountAttr),
            Equal("MOUNT_ATTR__ATIME", Syscall.MOUNT_ATTR__ATIME), Equal("MOUNT_ATTR_NOATIME", Syscall.MOUNT_ATTR_NOATIME),
            Equal("MOUNT_ATTR_STRICTATIME", Syscall.MOUNT_ATTR_STRICTATIME), Equal("MOUNT_ATTR_RELATIME", 0),
        ],
        "stddef.h", "sys/syscall.h", "linux/types.h", "linux/blkpg.h", "linux/btrfs.h", "linux/mount.h", "xfs/xfs.h");

    private static void Hold(List<string> asserts, params string[] headers) => MountNamespace.Run(scratch =>
    {
        File.WriteAllText(scratch + "/a.c", "#define _GNU_SOURCE\n" + string.Concat(headers.Select(header => $"#include <{header}>\n"))
            + string.Join('\n', asserts) + "\n");
        MountNamespace.Tool("gcc", "-c", "-o", "/dev/null", scratch + "/a.c");
    });

    private static string Equal(string expression, long value) => $"_Static_assert(({expression}) == {value}LL, \"{expression}\");";
}
