using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;
using Microsoft.Extensions.Logging;

namespace KairosBoot.Init;

/// <summary>The log of the stage: kmsg at once, and /run/kairosboot/boot.log as soon as there is a /run to hold it.</summary>
internal sealed class BootLog : ILogger, IDisposable
{
    private readonly KernelLog kernel = new();
    private readonly FileHandle file;

    /// <summary>Needs /dev, /proc and /run.</summary>
    public BootLog()
    {
        Syscall.MakeDirectories(SystemPaths.Log[..SystemPaths.Log.LastIndexOf('/')]);
        file = Syscall.Open(SystemPaths.Log, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Append, Octal.O640);
    }

    /// <summary>Debug lines go to the kernel log in any case, where the console's level hides them; this makes them as loud as the rest.</summary>
    public bool Verbose { get; set; }

    public void Log<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Write(level, formatter(state, exception));

    public void Write(LogLevel level, string text)
    {
        kernel.Write(SyslogLevel(level), text);
        var time = Syscall.BootTimeMicroseconds();
        var start = $"[{time / 1_000_000,5}.{time % 1_000_000:d6}] {Name(level)} ";
        // Every line has it: a name with a line feed in it adds no line that looks like another message.
        var lines = start + PrintableText.Clean(text).Replace("\n", "\n" + start) + "\n";
        try { Syscall.WriteAll(file, Encoding.UTF8.GetBytes(lines)); }
        catch (SyscallException) { } // /run is full: the kernel log has it
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

    public bool IsEnabled(LogLevel level) => level != LogLevel.None;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void Dispose()
    {
        kernel.Dispose();
        file.Dispose();
    }
}
