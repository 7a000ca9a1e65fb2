namespace KairosBoot.Boot.Tests;

/// <summary>Selects the tests that take hours.</summary>
internal static class Thorough
{
    /// <summary>True with <c>tests/run.sh --all</c>.</summary>
    public static readonly bool Run = Environment.GetEnvironmentVariable("KAIROSBOOT_ALL") == "1";
}
