namespace KairosBoot.Boot.Tests;

/// <summary>How much of what takes hours is tested.</summary>
internal static class Thorough
{
    /// <summary><c>tests/run.sh --all</c>: everything.</summary>
    public static readonly bool Run = Environment.GetEnvironmentVariable("KAIROSBOOT_ALL") == "1";
}
