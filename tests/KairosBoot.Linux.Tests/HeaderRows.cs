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
        "sys/utsname.h", "sys/wait.h", "linux/blkpg.h", "linux/btrfs.h", "linux/cdrom.h", "linux/fs.h", "linux/limits.h", "linux/loop.h",
        "linux/magic.h", "asm/termbits.h", "asm/ioctls.h",
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
        ["Syscall.DirentType"] = "offsetof(struct dirent64, d_type)", ["Syscall.DirentTypeShift"] = "__builtin_ctz(DTTOIF(1))",
        ["Syscall.DirentName"] = "offsetof(struct dirent64, d_name)", ["Syscall.UtsNameSize"] = "sizeof(struct utsname)",
        ["Syscall.UtsNameNode"] = "offsetof(struct utsname, nodename)", ["Syscall.UtsNameRelease"] = "offsetof(struct utsname, release)",
        ["Syscall.UtsNameMachine"] = "offsetof(struct utsname, machine)",
        ["ChildProcess.__WALL"] = "__WALL", ["Processes.FirstPseudoTerminal"] = "UNIX98_PTY_SLAVE_MAJOR",
        ["Processes.LastPseudoTerminal"] = "UNIX98_PTY_SLAVE_MAJOR + UNIX98_PTY_MAJOR_COUNT - 1",
        ["AttributeFile.MaxValueBytes"] = "XATTR_SIZE_MAX", ["FileReplacement.MaxName"] = "NAME_MAX",
        // Only newer headers have linux/ext4.h.
        ["FileSystemResize.EXT4_IOC_RESIZE_FS"] = "_IOW('f', 16, __u64)",
    };

    /// <summary>The value is room for a C type; it may be larger.</summary>
    public static readonly Dictionary<string, string> Rooms = new()
    {
        ["ChildProcess.SpawnActionsRoom"] = "posix_spawn_file_actions_t", ["ChildProcess.SpawnAttributesRoom"] = "posix_spawnattr_t",
    };

    /// <summary>Structures of the kernel or the C library: the C name, then the C member of each field.</summary>
    public static readonly Dictionary<string, (string Name, string Members)> Structures = new()
    {
        ["StatFs"] = ("struct statfs", "Type=f_type BlockSize=f_bsize Blocks=f_blocks FreeBlocks=f_bfree AvailableBlocks=f_bavail " +
            "Files=f_files FreeFiles=f_ffree FileSystemId=f_fsid MaxName=f_namelen FragmentSize=f_frsize Flags=f_flags"),
        ["SysInfo"] = ("struct sysinfo", "Uptime=uptime Loads=loads TotalMemory=totalram"),
        ["RecordLock"] = ("struct flock", "Type=l_type Whence=l_whence Start=l_start Length=l_len ProcessId=l_pid"),
        ["OpenHow"] = ("struct open_how", "Flags=flags Mode=mode Resolve=resolve"),
        ["MountAttr"] = ("struct mount_attr", "Set=attr_set Clear=attr_clr Propagation=propagation UserNamespace=userns_fd"),
        ["NetlinkAddress"] = ("struct sockaddr_nl", "Family=nl_family Padding=nl_pad ProcessId=nl_pid Groups=nl_groups"),
        ["ClockTime"] = ("struct timespec", "Seconds=tv_sec Nanoseconds=tv_nsec"),
        ["LoopDevice.LoopInfo64"] = ("struct loop_info64", "Device=lo_device INode=lo_inode RDevice=lo_rdevice Offset=lo_offset " +
            "SizeLimit=lo_sizelimit Number=lo_number EncryptType=lo_encrypt_type EncryptKeySize=lo_encrypt_key_size Flags=lo_flags " +
            "FileName=lo_file_name CryptName=lo_crypt_name EncryptKey=lo_encrypt_key Init=lo_init"),
        ["LoopDevice.LoopConfig"] = ("struct loop_config", "FileDescriptor=fd BlockSize=block_size Info=info Reserved=__reserved"),
        ["KernelPartitions.Request"] = ("struct blkpg_ioctl_arg", "Operation=op Flags=flags DataLength=datalen Data=data"),
        ["KernelPartitions.Partition"] = ("struct blkpg_partition", "Start=start Length=length Number=pno DeviceName=devname " +
            "VolumeName=volname"),
        ["FileSystemResize.XfsGeometry"] = ("struct xfs_fsop_geom_v1", "BlockSize=blocksize RtExtent=rtextsize GroupBlocks=agblocks " +
            "Groups=agcount LogBlocks=logblocks SectorSize=sectsize InodeSize=inodesize InodePercent=imaxpct DataBlocks=datablocks"),
        ["FileSystemResize.XfsGrowth"] = ("struct xfs_growfs_data", "NewBlocks=newblocks InodePercent=imaxpct"),
        ["FileSystemResize.BtrfsArguments"] = ("struct btrfs_ioctl_vol_args", "Descriptor=fd Name=name"),
        ["ConsoleKeys.Terminal"] = ("struct termios", "Input=c_iflag Output=c_oflag Control=c_cflag Local=c_lflag Line=c_line " +
            "Characters=c_cc"),
        ["Watchdog.Info"] = ("struct watchdog_info", "Options=options FirmwareVersion=firmware_version Identity=identity"),
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
        ["FilterProcess.MaxErrors"] = "our own limit", ["Pstore.MaxEntries"] = "our own limit", ["Pstore.MaxBytes"] = "our own limit",
        ["ChildProcess.ToolOutputLimit"] = "our own limit",
        ["ForkedProcess.EndOfAnswer"] = "our own format", ["FileReplacement.OwnerOnly"] = "an octal mode",
        ["FileReplacement.ReadWrite"] = "an octal mode", ["FileReplacement.OwnUser"] = "chown(2): -1, no header has it",
        ["ReplacementSync.Content"] = "never passed to the kernel", ["ReplacementSync.Name"] = "never passed to the kernel",
        ["ReplacementSync.FileSystem"] = "never passed to the kernel",
        ["TreeCopy.OnlyOwner"] = "an octal mode", ["TreeDeletion.MaxDepth"] = "our own limit", ["ReadLimit.KiB"] = "a unit",
        ["ReadLimit.MiB"] = "a unit", ["DeviceWatch.ProgressMicroseconds"] = "our own interval",
        ["DeviceWatch.MinQuietMilliseconds"] = "our own interval", ["DeviceWatch.MaxQuietMilliseconds"] = "our own interval",
        ["DiskRequests.FewAnswers"] = "our own limit", ["StorageDaemon.ArgumentsField"] = "the number of a field in text, proc(5)",
        ["BlockReader.FirstPauseMicroseconds"] = "our own pause", ["BlockReader.LastPauseMicroseconds"] = "our own pause",
        ["AssembledDevices.MaxDepth"] = "our own limit", ["ConsoleKeys.MaxConsoles"] = "our own limit",
        ["Processes.TicksPerSecond"] = "USER_HZ, only in the kernel: asm-generic/param.h",
        ["BlockReader.BriefMicroseconds"] = "our own limit", ["BlockReader.IdleTimes"] = "our own limit",
        ["ImageIdentity.Start"] = "our own format", ["KernelLog.RecordLimit"] = "our own limit", ["Pstore.MaxUnread"] = "our own limit",
    };
}
