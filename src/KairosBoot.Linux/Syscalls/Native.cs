using System.Runtime.InteropServices;

namespace KairosBoot.Linux;

/// <summary>
/// glibc functions that Tmds.LibC does not declare. Raw: pointers in, -1 and errno out. LibC.errno is the value that the runtime saved at
/// the call, so each import that sets errno needs SetLastError. The posix_spawn family returns its error instead.
/// </summary>
internal static unsafe class Native
{
    private const string LibC = "libc";

    [DllImport(LibC, SetLastError = true)] internal static extern int reboot(int command);
    [DllImport(LibC, SetLastError = true)] internal static extern int setns(int fd, int type);
    [DllImport(LibC, SetLastError = true)] internal static extern int rename(byte* from, byte* to);
    [DllImport(LibC, SetLastError = true)] internal static extern int renameat(int fromDirectory, byte* from, int toDirectory, byte* to);
    // Tmds.LibC's version uses __xmknod, which glibc keeps only for old binaries.
    [DllImport(LibC, SetLastError = true)] internal static extern int mknodat(int directory, byte* path, uint mode, ulong device);
    [DllImport(LibC, SetLastError = true)] internal static extern int futimens(int fd, void* times);
    [DllImport(LibC, SetLastError = true)] internal static extern int fstatfs(int fd, void* status);
    [DllImport(LibC, SetLastError = true)] internal static extern int sysinfo(void* status);
    [DllImport(LibC, SetLastError = true)] internal static extern int fdatasync(int fd);
    [DllImport(LibC, SetLastError = true)]
    internal static extern nint preadv2(int fd, void* buffers, int count, long offset, int flags);
    [DllImport(LibC, SetLastError = true)] internal static extern int usleep(uint microseconds);
    [DllImport(LibC)] internal static extern int posix_fadvise(int fd, long offset, long length, int advice);
    [DllImport(LibC, SetLastError = true)] internal static extern int sync_file_range(int fd, long offset, long length, uint flags);
    [DllImport(LibC, SetLastError = true)] internal static extern int fcntl(int fd, int command, void* argument);
    [DllImport(LibC, SetLastError = true)] internal static extern int flock(int fd, int operation);
    [DllImport(LibC, SetLastError = true)] internal static extern int fork();
    [DllImport(LibC)] internal static extern void _exit(int status);
    [DllImport(LibC, SetLastError = true)] internal static extern int waitpid(int pid, int* status, int options);
    [DllImport(LibC, SetLastError = true)] internal static extern nint sendfile(int to, int from, long* offset, nuint count);
    [DllImport(LibC, SetLastError = true)] internal static extern nint getdents64(int fd, void* buffer, nuint size);
    [DllImport(LibC, SetLastError = true)] internal static extern int clock_gettime(int clock, ClockTime* time);
    [DllImport(LibC, SetLastError = true)] internal static extern int clock_settime(int clock, ClockTime* time);
    [DllImport(LibC, SetLastError = true)] internal static extern nint getrandom(void* buffer, nuint size, uint flags);
    [DllImport(LibC, SetLastError = true)] internal static extern int uname(byte* sixFieldsOf65);

    [DllImport(LibC, SetLastError = true)] internal static extern nint llistxattr(byte* path, byte* list, nuint size);
    [DllImport(LibC, SetLastError = true)] internal static extern nint lgetxattr(byte* path, byte* name, byte* value, nuint size);
    [DllImport(LibC, SetLastError = true)] internal static extern int lsetxattr(byte* path, byte* name, byte* value, nuint size, int flags);

    [DllImport(LibC, SetLastError = true)] internal static extern int setxattr(byte* path, byte* name, byte* value, nuint size, int flags);
    [DllImport(LibC, SetLastError = true)] internal static extern int lremovexattr(byte* path, byte* name);
    [DllImport(LibC, SetLastError = true)] internal static extern nint flistxattr(int fd, byte* list, nuint size);
    [DllImport(LibC, SetLastError = true)] internal static extern nint fgetxattr(int fd, byte* name, byte* value, nuint size);
    [DllImport(LibC, SetLastError = true)] internal static extern int fsetxattr(int fd, byte* name, byte* value, nuint size, int flags);
    [DllImport(LibC, SetLastError = true)] internal static extern int fremovexattr(int fd, byte* name);

    [DllImport(LibC)]
    internal static extern int posix_spawn(int* pid, byte* path, void* actions, void* attributes, byte** argv, byte** environment);

    [DllImport(LibC)] internal static extern int posix_spawn_file_actions_init(void* actions);
    [DllImport(LibC)] internal static extern int posix_spawn_file_actions_adddup2(void* actions, int from, int to);
    [DllImport(LibC)] internal static extern int posix_spawn_file_actions_addopen(void* actions, int fd, byte* path, int flags, uint mode);
    [DllImport(LibC)] internal static extern int posix_spawn_file_actions_addclosefrom_np(void* actions, int from);
    [DllImport(LibC)] internal static extern int posix_spawn_file_actions_addchdir_np(void* actions, byte* path);
    [DllImport(LibC)] internal static extern int posix_spawn_file_actions_destroy(void* actions);
    [DllImport(LibC)] internal static extern int posix_spawnattr_init(void* attributes);
    [DllImport(LibC)] internal static extern int posix_spawnattr_setflags(void* attributes, short flags);
    [DllImport(LibC)] internal static extern int posix_spawnattr_setsigmask(void* attributes, void* set);
    [DllImport(LibC)] internal static extern int posix_spawnattr_setsigdefault(void* attributes, void* set);
    [DllImport(LibC)] internal static extern int posix_spawnattr_destroy(void* attributes);
}
