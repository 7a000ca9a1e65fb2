using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>The log of the initrd: the kernel log, and /run/kairosboot/boot.log.</summary>
internal sealed class BootLog : MessageLog, IDisposable
{
    private readonly KernelLog kernel = new();
    private readonly FileHandle file;
    private readonly byte[] buffer = new byte[1024];

    /// <summary>Needs /dev, /proc and /run.</summary>
    public BootLog()
    {
        Syscall.MakeDirectories(PathParts.ParentOf(SystemPaths.Log));
        file = Syscall.Open(SystemPaths.Log, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Append, Octal.O640);
    }

    /// <summary>
    /// Gives debug lines the level of the others. Without it they are in the kernel log too, but the console does not show them.
    /// </summary>
    public bool Verbose { get; set; }

    public override void Write(LogLevel level, string text)
    {
        text = PrintableText.Clean(text);
        kernel.Write(SyslogLevel(level), text);
        var time = Syscall.BootTimeMicroseconds();
        // Without a format for the numbers, whose parsing is most of the work. The one before the microseconds keeps their zeros.
        var (seconds, microseconds) = ((time / 1_000_000).ToString(), (1_000_000 + time % 1_000_000).ToString());
        var start = string.Concat("[", seconds.PadLeft(5), ".", microseconds[1..]) + string.Concat("] ", Name(level), " ");
        // At the start of every line: a name that contains a line feed cannot add a line that looks like another message.
        if (text.Contains('\n')) text = text.Replace("\n", "\n" + start);
        var length = Encoding.UTF8.GetBytes(start, buffer);
        var isShort = Encoding.UTF8.TryGetBytes(text, buffer.AsSpan(length, buffer.Length - length - 1), out var textLength);
        if (isShort) buffer[length += textLength] = (byte)'\n';
        try { Syscall.WriteAll(file, isShort ? buffer.AsSpan(0, length + 1) : Encoding.UTF8.GetBytes(start + text + "\n")); }
        catch (SyscallException) { } // /run is full: the kernel log has the line
    }

    private int SyslogLevel(LogLevel level) => level switch
    {
        LogLevel.Critical => 2,
        LogLevel.Error => 3,
        LogLevel.Warning => 4,
        LogLevel.Information => 6,
        _ => Verbose ? 6 : 7,
    };

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Critical => "crit ",
        LogLevel.Error => "error",
        LogLevel.Warning => "warn ",
        LogLevel.Information => "info ",
        _ => "debug",
    };

    public void Dispose()
    {
        kernel.Dispose();
        file.Dispose();
    }
}
