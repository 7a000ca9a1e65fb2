namespace KairosBoot.Image.Tests;

/// <summary>A test on a distribution's kernel, unpacked in the directory that KAIROSBOOT_TEST_KERNEL_ROOT names.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RealKernelFactAttribute : FactAttribute
{
    public RealKernelFactAttribute() => Skip = Root.Length > 0 ? null : "KAIROSBOOT_TEST_KERNEL_ROOT names no tree with a Debian kernel";

    internal static string Root { get; } = Environment.GetEnvironmentVariable("KAIROSBOOT_TEST_KERNEL_ROOT") ?? "";
}
