using System.Runtime.CompilerServices;
using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>/dev/kmsg: one record for each line, split at the kernel's maximum length.</summary>
public sealed class KernelLog : IDisposable
{
    // PRINTKRB_RECORD_MAX is 1024 minus the record's own prefix; the kernel refuses longer writes with EINVAL.
    private const int RecordLimit = 900;
    private const string RateLimit = "/proc/sys/kernel/printk_devkmsg", Unlimited = "on", ConsoleLevel = "/proc/sys/kernel/printk";
    private readonly FileHandle? kmsg;
    private readonly string? previousRateLimit;

    /// <summary>Needs /dev and /proc. Without kmsg the lines are dropped: the boot log still has them.</summary>
    public KernelLog()
    {
        try { kmsg = Syscall.TryOpen("/dev/kmsg", OpenFlags.WriteOnly); }
        catch (SyscallException) { }
        // Userland may write ten lines in five seconds; a failing boot writes more.
        var limit = FileText.TryReadAttribute(RateLimit);
        if (limit == Unlimited) return;
        previousRateLimit = limit;
        TrySet(RateLimit, Unlimited);
    }

    /// <param name="level">syslog(3) level: 3 error, 4 warning, 6 info, 7 debug.</param>
    /// <param name="text">Lines are split; each gets the prefix.</param>
    public void Write(int level, string text)
    {
        if (kmsg is null) return;
        var clean = PrintableText.Clean(text);
        // A UTF-16 unit is at most three bytes. Most messages are one short line.
        if (clean.Length <= RecordLimit / 3 && !clean.Contains('\n'))
        {
            WriteRecord(level, clean);
            return;
        }
        foreach (var line in clean.Split('\n'))
        {
            foreach (var part in LineWrap.Split(line, RecordLimit))
                WriteRecord(level, part);
        }
    }

    /// <param name="level">As above.</param>
    /// <param name="line">At most <see cref="RecordLimit"/> bytes.</param>
    [SkipLocalsInit]
    private void WriteRecord(int level, string line)
    {
        Span<byte> record = stackalloc byte[1024];
        var start = "<0>kairos-boot: "u8;
        start.CopyTo(record);
        record[1] += (byte)level;
        var end = start.Length + Encoding.UTF8.GetBytes(line, record[start.Length..^1]);
        record[end] = (byte)'\n';
        try { Syscall.WriteAll(kmsg!, record[..(end + 1)]); }
        catch (SyscallException) { } // the boot does not depend on the log
    }

    /// <summary>The records that the kernel has kept, oldest first, as they are in /dev/kmsg, one line each.</summary>
    /// <exception cref="SyscallException">This user may not read them.</exception>
    public static List<string> ReadAll()
    {
        const int MaxRecord = 8192; // CONSOLE_EXT_LOG_MAX in the kernel
        var lines = new List<string>();
        using var kmsg = Syscall.Open("/dev/kmsg", OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        var record = new byte[MaxRecord];
        while (true)
        {
            try { lines.Add(Encoding.UTF8.GetString(record, 0, Syscall.Read(kmsg, record)).TrimEnd('\n')); }
            catch (SyscallException e) when (e.Errno == Errno.EAGAIN) { return lines; }
            // Records were overwritten meanwhile; the next read continues with those that are left.
            catch (SyscallException e) when (e.Errno == Errno.EPIPE) { }
        }
    }

    /// <summary>Shows all kernel messages on the consoles, even with quiet on the command line.</summary>
    /// <returns>For <see cref="Show"/>: what was shown before.</returns>
    public static string? ShowEverything()
    {
        var before = FileText.TryReadAttribute(ConsoleLevel);
        TrySet(ConsoleLevel, "8");
        return before;
    }

    /// <summary>Shows on the consoles what was shown before.</summary>
    public static void Show(string? level)
    {
        if (level is not null) TrySet(ConsoleLevel, level);
    }

    private static void TrySet(string path, string value)
    {
        // printk_devkmsg accepts its words only with a newline.
        try { FileText.WriteAttribute(path, value + "\n"); }
        catch (SyscallException) { } // set by the command line, or /proc is not mounted yet
    }

    public void Dispose()
    {
        if (previousRateLimit is not null) TrySet(RateLimit, previousRateLimit);
        kmsg?.Dispose();
    }
}
