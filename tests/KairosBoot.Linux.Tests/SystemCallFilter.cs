using System.Runtime.InteropServices;

namespace KairosBoot.Linux.Tests;

/// <summary>A thread in which one system call fails, as on an older kernel or in a container: seccomp(2).</summary>
internal static unsafe class SystemCallFilter
{
    private const int PR_SET_SECCOMP = 22, PR_SET_NO_NEW_PRIVS = 38, SECCOMP_MODE_FILTER = 2; // linux/prctl.h, linux/seccomp.h
    private const uint SECCOMP_RET_ERRNO = 0x00050000, SECCOMP_RET_ALLOW = 0x7FFF0000;

    [StructLayout(LayoutKind.Sequential)]
    private struct Instruction // struct sock_filter, linux/filter.h
    {
        public ushort Code;
        public byte IfTrue, IfFalse;
        public uint Value;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Filter // struct sock_fprog
    {
        public ushort Length;
        public Instruction* Instructions;
    }

    [DllImport("libc", SetLastError = true)] private static extern int prctl(int option, nuint a, nuint b, nuint c, nuint d);

    internal static void Run(int systemCall, int errno, Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Install(systemCall, errno);
                action();
            }
            catch (Exception e) { failure = e; }
        });
        thread.Start();
        thread.Join();
        if (failure is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }

    // For this thread only, which ends with the test.
    private static void Install(int systemCall, int errno)
    {
        const ushort LoadWord = 0x20, JumpIfEqual = 0x15, Return = 0x06; // BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K
        var program = stackalloc Instruction[4]
        {
            new() { Code = LoadWord }, // nr of struct seccomp_data
            new() { Code = JumpIfEqual, IfFalse = 1, Value = (uint)systemCall },
            new() { Code = Return, Value = SECCOMP_RET_ERRNO | (uint)errno },
            new() { Code = Return, Value = SECCOMP_RET_ALLOW },
        };
        var filter = new Filter { Length = 4, Instructions = program };
        Assert.Equal(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
        Assert.Equal(0, prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (nuint)(&filter), 0, 0));
    }
}
