using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>A log that keeps its messages for a test.</summary>
internal sealed class ListLog(List<string> lines, LogLevel lowest = LogLevel.Debug) : MessageLog
{
    public override void Write(LogLevel level, string message)
    {
        if (level >= lowest) lines.Add(message);
    }
}
