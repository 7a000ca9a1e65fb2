using Tmds.Linux;

namespace KairosBoot.Linux;

public static unsafe partial class Syscall
{
    /// <summary>
    /// setgroups(2), setresgid(2) and setresuid(2) for the calling thread only; glibc's would change all threads. The thread cannot undo
    /// it: it loses all capabilities.
    /// </summary>
    internal static void SetThreadUser(ChildUser user)
    {
        var groups = new int[user.Groups.Count];
        for (var i = 0; i < groups.Length; i++) groups[i] = user.Groups[i];
        fixed (int* list = groups) Check((int)(long)LibC.syscall(SYS_setgroups, groups.Length, list), "setgroups", null);
        Check((int)(long)LibC.syscall(SYS_setresgid, user.Gid, user.Gid, user.Gid), "setresgid " + user.Gid.ToString(), null);
        Check((int)(long)LibC.syscall(SYS_setresuid, user.Uid, user.Uid, user.Uid), "setresuid " + user.Uid.ToString(), null);
    }

    // asm/unistd.h of x86-64; asm-generic/unistd.h of arm64 and riscv64.
    internal static int SYS_setresuid => IsX64 ? 117 : 147;
    internal static int SYS_setresgid => IsX64 ? 119 : 149;
}
