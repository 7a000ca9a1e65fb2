namespace KairosBoot.Boot.Tests;

/// <summary>Parts of the runtime are left out of kairos-boot. An exception of the runtime must still be one that PID 1 can catch.</summary>
public sealed class RuntimeExceptionTests
{
    [Fact]
    public void Each_exception_of_the_runtime_is_caught() => Assert.Equal(
        ["cast caught", "null caught", "index caught", "division caught", "overflow caught", "size caught", "array caught"],
        Tool.Run(Assets.KairosBoot, "self-test").Split('\n', StringSplitOptions.RemoveEmptyEntries));
}
