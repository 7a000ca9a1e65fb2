using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary>
/// Writes the log of a stage to standard error, with the severity as a word, or for the journal as a prefix of sd-daemon(3).
/// </summary>
internal sealed class StageLogger(bool verbose) : MessageLog
{
    private readonly bool isJournal = IsJournal();

    private readonly LogLevel lowest = verbose ? LogLevel.Debug : LogLevel.Information;

    public override void Write(LogLevel level, string message)
    {
        if (level < lowest) return;
        // In the journal each line is an entry. Every line gets a priority, so that the text cannot set its own.
        if (isJournal) Console.Error.WriteLine(Priority(level) + message.Replace("\n", "\n" + Priority(level)));
        else if (Word(level) is { } word) PrintableWriter.Errors.WriteWord("", word, $" {message}");
        else Console.Error.WriteLine(message);
    }

    private static string Priority(LogLevel level) => level switch
    {
        LogLevel.Error or LogLevel.Critical => "<3>",
        LogLevel.Warning => "<4>",
        LogLevel.Information => "<6>",
        _ => "<7>",
    };

    private static string? Word(LogLevel level) => level switch
    {
        LogLevel.Error or LogLevel.Critical => "error:",
        LogLevel.Warning => "warning:",
        _ => null,
    };

    // systemd.exec(5): the variable has device and inode of the stream. A process that inherits it may write to another stream.
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
            errors.SetHandleAsInvalid(); // standard error must stay open
        }
    }
}
