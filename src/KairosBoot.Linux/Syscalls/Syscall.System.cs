using System.Runtime.InteropServices;
using System.Text;
using Tmds.Linux;

namespace KairosBoot.Linux;

public enum RebootCommand : uint { Restart = 0x01234567, PowerOff = 0x4321FEDC, Halt = 0xCDEF0123, KExec = 0x45584543 }

public static unsafe partial class Syscall
{
    /// <summary>Returns the previous mask.</summary>
    public static int UMask(int mask) => (int)(uint)LibC.umask((ushort)mask);

    public static int GetPid() => LibC.getpid();
    public static int GetEUid() => (int)(uint)LibC.geteuid();

    public static void SetHostName(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        fixed (byte* p = bytes) Check(LibC.sethostname(p, (uint)bytes.Length), "sethostname", name);
    }

    public static string GetHostName() => UnameField(UtsNameNode);

    /// <summary>Release of the running kernel: <c>uname -r</c>.</summary>
    public static string KernelRelease() => UnameField(UtsNameRelease);

    /// <summary><c>uname -m</c>: <c>x86_64</c>, <c>aarch64</c>.</summary>
    public static string Machine() => UnameField(UtsNameMachine);

    // struct utsname: size and offsets
    private const int UtsNameSize = 390, UtsNameNode = 65, UtsNameRelease = 130, UtsNameMachine = 260;

    private static string UnameField(int field)
    {
        var fields = stackalloc byte[UtsNameSize];
        Check(Native.uname(fields), "uname", null);
        return Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(fields + field));
    }

    public static void GetRandom(Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            for (var done = 0; done < buffer.Length;)
            {
                var n = Native.getrandom(p + done, (nuint)(buffer.Length - done), 0);
                if (!Interrupted(n, "getrandom", null)) done += (int)n;
            }
        }
    }

    /// <summary>CLOCK_REALTIME, whole seconds since 1970.</summary>
    public static long UnixTimeSeconds() => Clock(CLOCK_REALTIME).Seconds;

    /// <summary>CLOCK_REALTIME in microseconds since 1970.</summary>
    public static long UnixTimeMicroseconds()
    {
        var (seconds, nanoseconds) = Clock(CLOCK_REALTIME);
        return seconds * 1_000_000 + nanoseconds / 1000;
    }

    /// <summary>Sets CLOCK_REALTIME.</summary>
    /// <param name="seconds">Seconds since 1970.</param>
    public static void SetUnixTime(long seconds)
    {
        var time = new ClockTime { Seconds = seconds };
        Check(Native.clock_settime(CLOCK_REALTIME, &time), "clock_settime", null);
    }

    /// <summary>CLOCK_BOOTTIME in microseconds: time since the kernel started.</summary>
    public static long BootTimeMicroseconds()
    {
        var (seconds, nanoseconds) = Clock(CLOCK_BOOTTIME);
        return seconds * 1_000_000 + nanoseconds / 1000;
    }

    private static (long Seconds, long Nanoseconds) Clock(int id)
    {
        ClockTime time;
        Check(Native.clock_gettime(id, &time), "clock_gettime", null);
        return (time.Seconds, time.Nanoseconds);
    }

    private const int CLOCK_REALTIME = 0, CLOCK_BOOTTIME = 7; // time.h

    /// <summary>Waits, for an operator to read the screen.</summary>
    public static void Pause(TimeSpan time)
    {
        var end = BootTimeMicroseconds() + (long)time.TotalMicroseconds;
        for (var left = (long)time.TotalMicroseconds; left > 0; left = end - BootTimeMicroseconds())
            Native.usleep((uint)Math.Min(left, 999_999)); // POSIX allows no more
    }

    // The time that a device which does not answer delays a restart.
    private static readonly TimeSpan StuckLimit = TimeSpan.FromSeconds(30);

    /// <summary>
    /// reboot(2). The kernel first waits until all drivers have started their devices (drivers/base/core.c, device_shutdown). If that takes
    /// longer than <see cref="StuckLimit"/>, a restart does without it.
    /// </summary>
    public static void Reboot(RebootCommand command)
    {
        if (command is RebootCommand.Restart or RebootCommand.KExec && Processes.MayBeStuck())
            new Thread(RestartWhenStuck) { IsBackground = true }.Start();
        Check(Native.reboot((int)command), "reboot", null);
    }

    private static void RestartWhenStuck()
    {
        Pause(StuckLimit);
        // Documentation/admin-guide/sysrq.rst: b restarts at once. An exception that leaves a thread would end PID 1.
        try { FileText.WriteAttribute("/proc/sysrq-trigger", "b"); }
        catch (SyscallException) { }
    }

    /// <summary>
    /// kexec_file_load(2): the kernel that <see cref="RebootCommand.KExec"/> starts, in the place of one that was loaded before.
    /// </summary>
    public static void KexecFileLoad(FileHandle kernel, FileHandle initrd, string commandLine)
    {
        var text = Z(commandLine);
        var length = text.AsSpan().IndexOf((byte)0) + 1;
        fixed (byte* p = text)
        {
            Check((int)(long)LibC.syscall(SYS_kexec_file_load, kernel.Descriptor, initrd.Descriptor, length, p, 0), "kexec_file_load",
                kernel.Path);
        }
    }

    // asm/unistd.h of x86-64; asm-generic/unistd.h of arm64 and riscv64.
    internal static int SYS_kexec_file_load => IsX64 ? 320 : 294;
    internal static int SYS_finit_module => IsX64 ? 313 : 273;

    /// <summary>finit_module(2). <paramref name="parameters"/> as on a modprobe command line; empty: none.</summary>
    public static void FInitModule(FileHandle module, string parameters)
    {
        fixed (byte* p = Z(parameters))
            Check((int)(long)LibC.syscall(SYS_finit_module, module.Descriptor, p, 0), "finit_module", module.Path);
    }

    /// <summary>
    /// execve(2): returns only by throwing. Resets the signal mask and dispositions first, as for an init that the kernel starts: ignored
    /// signals would survive exec.
    /// </summary>
    public static void Exec(string program, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        ResetSignals();
        using var argv = new StringVector([program, .. arguments]);
        using var envp = new StringVector(environment);
        fixed (byte* p = Z(program)) Check(LibC.execve(p, argv.Pointer, envp.Pointer), "execve", program);
    }

    // signal.h
    internal const int LastSignal = 64, SIGKILL = 9, SIGSTOP = 19;

    private static void ResetSignals()
    {
        sigaction byDefault = default;
        for (var signal = 1; signal <= LastSignal; signal++)
        {
            if (signal is not (SIGKILL or SIGSTOP or 32 or 33)) // 32 and 33 are glibc's own
                LibC.sigaction(signal, &byDefault, null);
        }

        sigset_t none;
        LibC.sigemptyset(&none);
        LibC.sigprocmask(LibC.SIG_SETMASK, &none, null);
    }

    public static void Kill(int pid, int signal) => Check(LibC.kill(pid, signal), $"kill -{signal}", pid.ToString());
}
