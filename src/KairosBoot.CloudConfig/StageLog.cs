using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

internal static class StageLog
{
    internal static void Skipped(MessageLog logger, string stage, string file, string entry, string condition) =>
        logger.Write(LogLevel.Debug, $"stage {stage}: {file}: {entry}: skipped, {condition} does not hold");

    internal static void Running(MessageLog logger, string stage, string file, string entry) =>
        logger.Write(LogLevel.Information, $"stage {stage}: {file}: {entry}");

    internal static void Output(MessageLog logger, string entry, string text) => logger.Write(LogLevel.Information, $"{entry}: {text}");

    internal static void Done(MessageLog logger, string entry, string what) => logger.Write(LogLevel.Debug, $"{entry}: {what}");

    // Two methods, because one method with the level as a parameter would need more code in PID 1.
    internal static void Failed(MessageLog logger, string problem) => logger.Write(LogLevel.Error, problem);

    internal static void Warning(MessageLog logger, string problem) => logger.Write(LogLevel.Warning, problem);
}
