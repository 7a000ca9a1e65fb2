namespace KairosBoot.Linux.Tests;

/// <summary>
/// What a constant, a flag or a structure of KairosBoot.Linux is called in the C headers. A constant with a name of C
/// (<c>MNT_DETACH</c>) needs no row: it is compared with the constant of that name.
/// </summary>
internal static class HeaderRows
{
    public static readonly string[] Headers =
    [
        "dirent.h", "errno.h", "fcntl.h", "poll.h", "sched.h", "signal.h", "spawn.h", "stddef.h", "time.h", "unistd.h", "sys/file.h",
        "sys/mount.h", "sys/reboot.h", "sys/socket.h", "sys/stat.h", "sys/statfs.h", "sys/statvfs.h", "sys/syscall.h", "sys/sysinfo.h",
        "sys/utsname.h", "sys/wait.h", "linux/blkpg.h", "linux/btrfs.h", "linux/fs.h", "linux/limits.h", "linux/loop.h", "linux/magic.h",
        "linux/major.h", "linux/mount.h", "linux/netlink.h", "linux/openat2.h", "linux/watchdog.h", "xfs/xfs.h",
    ];

    /// <summary>C expressions of constants, flags and members of enumerations, by type and member.</summary>
    public static readonly Dictionary<string, string> Expressions = new()
    {
        ["MountFlags.ReadOnly"] = "MS_RDONLY", ["MountFlags.NoSuid"] = "MS_NOSUID", ["MountFlags.NoDev"] = "MS_NODEV",
        ["MountFlags.NoExec"] = "MS_NOEXEC", ["MountFlags.Synchronous"] = "MS_SYNCHRONOUS", ["MountFlags.Remount"] = "MS_REMOUNT",
        ["MountFlags.DirSync"] = "MS_DIRSYNC", ["MountFlags.NoAtime"] = "MS_NOATIME", ["MountFlags.NoDirAtime"] = "MS_NODIRATIME",
        ["MountFlags.Bind"] = "MS_BIND", ["MountFlags.Move"] = "MS_MOVE", ["MountFlags.Recursive"] = "MS_REC",
        ["MountFlags.Private"] = "MS_PRIVATE", ["MountFlags.Slave"] = "MS_SLAVE", ["MountFlags.Shared"] = "MS_SHARED",
        ["MountFlags.RelAtime"] = "MS_RELATIME", ["MountFlags.StrictAtime"] = "MS_STRICTATIME", ["MountFlags.None"] = "0",
        // MountAttributes passes these three to mount_setattr(2) without a translation.
        ["MountAttributes.Privileges"] = "MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC",
        ["MountAttributes.AccessTimes"] = "MS_NOATIME | MS_RELATIME | MS_STRICTATIME",
        ["OpenFlags.ReadOnly"] = "O_RDONLY", ["OpenFlags.WriteOnly"] = "O_WRONLY", ["OpenFlags.ReadWrite"] = "O_RDWR",
        ["OpenFlags.Create"] = "O_CREAT", ["OpenFlags.Exclusive"] = "O_EXCL", ["OpenFlags.Truncate"] = "O_TRUNC",
        ["OpenFlags.Append"] = "O_APPEND", ["OpenFlags.Directory"] = "O_DIRECTORY", ["OpenFlags.NoFollow"] = "O_NOFOLLOW",
        ["OpenFlags.NonBlocking"] = "O_NONBLOCK", ["OpenFlags.NoControllingTerminal"] = "O_NOCTTY", ["OpenFlags.Path"] = "O_PATH",
        ["RebootCommand.Restart"] = "RB_AUTOBOOT", ["RebootCommand.PowerOff"] = "RB_POWER_OFF", ["RebootCommand.Halt"] = "RB_HALT_SYSTEM",
        ["RebootCommand.KExec"] = "(unsigned)RB_KEXEC",
        ["Syscall.LastSignal"] = "_NSIG - 1", ["Syscall.DirentRecordLength"] = "offsetof(struct dirent64, d_reclen)",
        ["Syscall.DirentName"] = "offsetof(struct dirent64, d_name)", ["Syscall.UtsNameSize"] = "sizeof(struct utsname)",
        ["Syscall.UtsNameNode"] = "offsetof(struct utsname, nodename)", ["Syscall.UtsNameRelease"] = "offsetof(struct utsname, release)",
        ["Syscall.UtsNameMachine"] = "offsetof(struct utsname, machine)",
        ["AttributeFile.LargestValue"] = "XATTR_SIZE_MAX", ["FileReplacement.MaxName"] = "NAME_MAX",
        // Only newer headers have linux/ext4.h.
        ["FileSystemResize.EXT4_IOC_RESIZE_FS"] = "_IOW('f', 16, __u64)",
    };

    /// <summary>The value is room for a C type; it may be larger.</summary>
    public static readonly Dictionary<string, string> Rooms = new()
    {
        ["ChildProcess.SpawnActionsRoom"] = "posix_spawn_file_actions_t", ["ChildProcess.SpawnAttributesRoom"] = "posix_spawnattr_t",
    };

    /// <summary>Structures of the kernel or the C library: the C name, then the C member of each field.</summary>
    public static readonly Dictionary<string, (string Name, string[] Members)> Structures = new()
    {
        ["StatFs"] = ("struct statfs", ["f_type", "f_bsize", "f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree", "f_fsid", "f_namelen",
            "f_frsize", "f_flags"]),
        ["SysInfo"] = ("struct sysinfo", ["uptime", "loads", "totalram"]),
        ["OpenHow"] = ("struct open_how", ["flags", "mode", "resolve"]),
        ["MountAttr"] = ("struct mount_attr", ["attr_set", "attr_clr", "propagation", "userns_fd"]),
        ["NetlinkAddress"] = ("struct sockaddr_nl", ["nl_family", "nl_pad", "nl_pid", "nl_groups"]),
        ["ClockTime"] = ("struct timespec", ["tv_sec", "tv_nsec"]),
        ["LoopDevice.LoopInfo64"] = ("struct loop_info64", ["lo_device", "lo_inode", "lo_rdevice", "lo_offset", "lo_sizelimit", "lo_number",
            "lo_encrypt_type", "lo_encrypt_key_size", "lo_flags", "lo_file_name", "lo_crypt_name", "lo_encrypt_key", "lo_init"]),
        ["LoopDevice.LoopConfig"] = ("struct loop_config", ["fd", "block_size", "info", "__reserved"]),
        ["KernelPartitions.Request"] = ("struct blkpg_ioctl_arg", ["op", "flags", "datalen", "data"]),
        ["KernelPartitions.Partition"] = ("struct blkpg_partition", ["start", "length", "pno", "devname", "volname"]),
        ["FileSystemResize.XfsGeometry"] = ("struct xfs_fsop_geom_v1", ["blocksize", "rtextsize", "agblocks", "agcount", "logblocks",
            "sectsize", "inodesize", "imaxpct", "datablocks"]),
        ["FileSystemResize.XfsGrowth"] = ("struct xfs_growfs_data", ["newblocks", "imaxpct"]),
        ["FileSystemResize.BtrfsArguments"] = ("struct btrfs_ioctl_vol_args", ["fd", "name"]),
        ["Watchdog.Info"] = ("struct watchdog_info", ["options", "firmware_version", "identity"]),
    };

    /// <summary>Names that no C header has, each with the reason.</summary>
    public static readonly Dictionary<string, string> WithoutHeader = new()
    {
        ["BoundedFile.CONFIGFS_MAGIC"] = "only in the kernel: fs/configfs/mount.c",
        ["Uevents.KernelGroup"] = "only in the kernel: lib/kobject_uevent.c",
        ["PathWalker.MaxLinks"] = "only in the kernel: MAXSYMLINKS of linux/namei.h",
        ["FileType"] = "our own numbers; the S_IF constants are compared",
        ["AttributeFile"] = "never passed to the kernel", ["ReadLimit"] = "never passed to the kernel",
        ["MountOptions"] = "never passed to the kernel", ["FileStatus"] = "never passed to the kernel",
        ["OpenFlags"] = "one number, whose flags are compared", ["ChildProcess.Standard"] = "never passed to the kernel",
        ["ChildProcess.OutputLimit"] = "our own limit", ["ChildProcess.PieceSize"] = "our own limit",
        ["ForkedProcess.EndOfAnswer"] = "our own format", ["FileReplacement.OwnerOnly"] = "an octal mode",
        ["TreeCopy.OnlyOwner"] = "an octal mode", ["TreeDeletion.MaxDepth"] = "our own limit", ["ReadLimit.KiB"] = "a unit",
        ["ReadLimit.MiB"] = "a unit", ["DeviceWatch.ProgressMicroseconds"] = "our own interval",
        ["ImageIdentity.Start"] = "our own format", ["KernelLog.RecordLimit"] = "our own limit", ["Pstore.MaxUnread"] = "our own limit",
    };
}
