using System.Runtime.InteropServices;

namespace KairosBoot.Linux.Tests;

/// <summary>Numbers and structures that we declare ourselves, held to the C headers by a program of static asserts.</summary>
public sealed class HeaderTests
{
    [Fact]
    public void Our_constants_and_structures_are_those_of_the_headers() => MountNamespace.Run(scratch =>
    {
        var asserts = new List<string>
        {
            Equal("sizeof(struct loop_config)", Marshal.SizeOf<LoopDevice.LoopConfig>()),
            Equal("offsetof(struct loop_config, info)", (long)Marshal.OffsetOf<LoopDevice.LoopConfig>("Info")),
            Equal("offsetof(struct loop_info64, lo_file_name)", (long)Marshal.OffsetOf<LoopDevice.LoopInfo64>("FileName")),
            Equal("offsetof(struct loop_info64, lo_flags)", (long)Marshal.OffsetOf<LoopDevice.LoopInfo64>("Flags")),
            Equal("LOOP_CONFIGURE", LoopDevice.LOOP_CONFIGURE), Equal("LOOP_CTL_GET_FREE", LoopDevice.LOOP_CTL_GET_FREE),
            Equal("LO_FLAGS_READ_ONLY", LoopDevice.LO_FLAGS_READ_ONLY), Equal("LO_FLAGS_AUTOCLEAR", LoopDevice.LO_FLAGS_AUTOCLEAR),
            Equal("SYS_finit_module", 313), Equal("SYS_openat2", 437), Equal("SYS_pidfd_open", 434), Equal("SYS_getdents64", 217),
            Equal("SYS_fsopen", 430), Equal("SYS_fsconfig", 431), Equal("SYS_fsmount", 432), Equal("FSOPEN_CLOEXEC", 1), Equal("FSMOUNT_CLOEXEC", 1),
            Equal("FSCONFIG_SET_FLAG", 0), Equal("FSCONFIG_SET_STRING", 1), Equal("FSCONFIG_CMD_CREATE", 6), Equal("MOUNT_ATTR_RDONLY", 1),
            Equal("MOUNT_ATTR_NOSUID", 2), Equal("MOUNT_ATTR_NODEV", 4), Equal("MOUNT_ATTR_NOEXEC", 8),
            Equal("RESOLVE_IN_ROOT", 0x10), Equal("RESOLVE_BENEATH", 0x08), Equal("RESOLVE_NO_XDEV", 0x01), Equal("RESOLVE_NO_MAGICLINKS", 0x02), Equal("sizeof(struct open_how)", 24), Equal("sizeof(struct statfs) <= 256", 1),
            Equal("offsetof(struct dirent64, d_name)", 19), Equal("offsetof(struct dirent64, d_reclen)", 16),
            Equal("sizeof(posix_spawn_file_actions_t) <= 256", 1), Equal("sizeof(posix_spawnattr_t) <= 512", 1),
            Equal("POSIX_SPAWN_SETPGROUP", 2), Equal("POSIX_SPAWN_SETSIGDEF", 4), Equal("POSIX_SPAWN_SETSIGMASK", 8),
            Equal("CLOCK_BOOTTIME", 7), Equal("NETLINK_KOBJECT_UEVENT", 15), Equal("SO_RCVBUFFORCE", 33), Equal("sizeof(struct sockaddr_nl)", 12),
            Equal("(unsigned)RAMFS_MAGIC", 0x858458F6), Equal("TMPFS_MAGIC", 0x01021994), Equal("MNT_DETACH", 2), Equal("UMOUNT_NOFOLLOW", 8),
            Equal("sizeof(((struct utsname*)0)->release)", 65), Equal("XATTR_SIZE_MAX", 65536),
            Equal("SEEK_SET", Syscall.SEEK_SET), Equal("SEEK_DATA", Syscall.SEEK_DATA), Equal("SEEK_HOLE", Syscall.SEEK_HOLE),
            Equal("offsetof(struct statfs, f_bsize)", 8), Equal("offsetof(struct statfs, f_bavail)", 32),
            Equal("offsetof(struct statfs, f_files)", 40), Equal("offsetof(struct statfs, f_ffree)", 48),
            Equal("(unsigned)RB_AUTOBOOT", (uint)RebootCommand.Restart), Equal("(unsigned)RB_POWER_OFF", (uint)RebootCommand.PowerOff),
            Equal("(unsigned)RB_HALT_SYSTEM", (uint)RebootCommand.Halt),
        };
        (string Name, MountFlags Flag)[] flags =
        [
            ("MS_RDONLY", MountFlags.ReadOnly), ("MS_NOSUID", MountFlags.NoSuid), ("MS_NODEV", MountFlags.NoDev), ("MS_NOEXEC", MountFlags.NoExec),
            ("MS_SYNCHRONOUS", MountFlags.Synchronous), ("MS_REMOUNT", MountFlags.Remount), ("MS_DIRSYNC", MountFlags.DirSync),
            ("MS_NOATIME", MountFlags.NoAtime), ("MS_NODIRATIME", MountFlags.NoDirAtime), ("MS_BIND", MountFlags.Bind), ("MS_MOVE", MountFlags.Move),
            ("MS_REC", MountFlags.Recursive), ("MS_PRIVATE", MountFlags.Private), ("MS_SLAVE", MountFlags.Slave), ("MS_SHARED", MountFlags.Shared),
            ("MS_RELATIME", MountFlags.RelAtime), ("MS_STRICTATIME", MountFlags.StrictAtime),
        ];
        asserts.AddRange(flags.Select(row => Equal(row.Name, (uint)row.Flag)));
        asserts.AddRange(typeof(Errno).GetFields().Where(f => f.IsLiteral).Select(f => Equal(f.Name, (int)f.GetRawConstantValue()!)));
        File.WriteAllText(scratch + "/a.c",
            """
            #define _GNU_SOURCE
            #include <dirent.h>
            #include <errno.h>
            #include <linux/limits.h>
            #include <linux/loop.h>
            #include <linux/magic.h>
            #include <linux/netlink.h>
            #include <linux/openat2.h>
            #include <spawn.h>
            #include <stddef.h>
            #include <sys/mount.h>
            #include <sys/reboot.h>
            #include <sys/socket.h>
            #include <sys/statfs.h>
            #include <sys/syscall.h>
            #include <sys/utsname.h>
            #include <time.h>
            #include <unistd.h>

            """ + string.Join('\n', asserts) + "\n");
        MountNamespace.Tool("gcc", "-c", "-o", "/dev/null", scratch + "/a.c");
    });

    private static string Equal(string expression, long value) => $"_Static_assert(({expression}) == {value}LL, \"{expression}\");";
}
