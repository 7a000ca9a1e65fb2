using KairosBoot.Linux;
using Microsoft.Extensions.Logging;

namespace KairosBoot.Cli;

/// <summary>What a stage says, on standard error: one line each, with its severity as a word, or for the journal as sd-daemon(3) has it.</summary>
internal sealed class StageLogger(bool verbose) : ILogger
{
    private readonly bool isJournal = IsJournal();

    public bool IsEnabled(LogLevel level) => level >= (verbose ? LogLevel.Debug : LogLevel.Information);

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void Log<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(level))
        {
            var text = formatter(state, exception);
            // In the journal each line is an entry, and one without a priority could bring its own.
            Console.Error.WriteLine(isJournal ? Priority(level) + text.Replace("\n", "\n" + Priority(level)) : Word(level) + text);
        }
    }

    private static string Priority(LogLevel level) => level switch
    {
        LogLevel.Error or LogLevel.Critical => "<3>",
        LogLevel.Warning => "<4>",
        LogLevel.Information => "<6>",
        _ => "<7>",
    };

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Error or LogLevel.Critical => "error: ",
        LogLevel.Warning => "warning: ",
        _ => "",
    };

    // systemd.exec(5): device and inode of the stream, as whoever inherits the variable may write somewhere else.
    private static bool IsJournal()
    {
        using var errors = new FileHandle(2, "standard error");
        try
        {
            var status = Syscall.FStat(errors);
            return Environment.GetEnvironmentVariable("JOURNAL_STREAM") == $"{status.Device}:{status.Inode}";
        }
        finally
        {
            errors.SetHandleAsInvalid(); // it is not ours to close
        }
    }
}
