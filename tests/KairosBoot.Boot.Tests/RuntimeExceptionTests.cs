namespace KairosBoot.Boot.Tests;

/// <summary>Parts of the runtime are left out of kairos-boot. An exception of the runtime must still be one that PID 1 can catch.</summary>
public sealed class RuntimeExceptionTests
{
    [Fact]
    public void Each_exception_of_the_runtime_is_caught_and_has_a_text() => Assert.Equal(
        ["cast", "null", "index", "division", "overflow", "size", "array", "key", "number", "range", "disposed", "plain"],
        Tool.Run(Assets.KairosBoot, "self-test").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(" caught: ") is [var name, { Length: > 0 }] ? name : line));
}
