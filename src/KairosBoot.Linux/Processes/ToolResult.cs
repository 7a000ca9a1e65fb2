namespace KairosBoot.Linux;

/// <summary>How a tool ended, and what it printed.</summary>
/// <param name="ExitCode">Its exit code; 128 + n: signal n ended it.</param>
/// <param name="Output">The first MiB of its standard output.</param>
/// <param name="Errors">The last 64 KiB of its standard error: the reason of a failure is at the end.</param>
public sealed record ToolResult(int ExitCode, string Output, string Errors);
