using Microsoft.Extensions.Logging;

namespace KairosBoot.CloudConfig;

internal static partial class StageLog
{
    [LoggerMessage(1, LogLevel.Debug, "stage {Stage}: {File}: {Entry}: skipped, {Condition} does not hold")]
    internal static partial void Skipped(ILogger logger, string stage, string file, string entry, string condition);

    [LoggerMessage(2, LogLevel.Information, "stage {Stage}: {File}: {Entry}")]
    internal static partial void Running(ILogger logger, string stage, string file, string entry);

    [LoggerMessage(3, LogLevel.Information, "{Entry}: {Text}")]
    internal static partial void Output(ILogger logger, string entry, string text);

    [LoggerMessage(4, LogLevel.Debug, "{Entry}: {What}")]
    internal static partial void Done(ILogger logger, string entry, string what);

    // Two methods, because one method with the level as a parameter would need more code in PID 1.
    [LoggerMessage(5, LogLevel.Error, "{Problem}")]
    internal static partial void Failed(ILogger logger, string problem);

    [LoggerMessage(6, LogLevel.Warning, "{Problem}")]
    internal static partial void Warning(ILogger logger, string problem);
}
