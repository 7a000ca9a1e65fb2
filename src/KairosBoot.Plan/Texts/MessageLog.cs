namespace KairosBoot.Plan;

/// <summary>
/// Where the boot and the stages report what they do. Not ILogger of Microsoft.Extensions.Logging: its generic method is resolved when the
/// program runs, and the code that resolves it adds 210 KB to PID 1.
/// </summary>
public abstract class MessageLog
{
    /// <summary>A log that drops each message.</summary>
    public static MessageLog None { get; } = new EmptyLog();

    /// <summary>Writes one message, which can have several lines.</summary>
    public abstract void Write(LogLevel level, string message);

    private sealed class EmptyLog : MessageLog
    {
        public override void Write(LogLevel level, string message) { }
    }
}
