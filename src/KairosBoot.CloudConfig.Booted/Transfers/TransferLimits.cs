namespace KairosBoot.CloudConfig.Booted;

/// <summary>Limits of a transfer.</summary>
/// <param name="FreeBytes">Free space that a download leaves on the file system of its target. On a small one: a quarter.</param>
/// <param name="BytesPerSecond">Minimum average speed over <paramref name="Window"/>. A slower transfer fails.</param>
/// <param name="Window">Time over which the speed is measured.</param>
internal sealed record TransferLimits(long FreeBytes, int BytesPerSecond, TimeSpan Window)
{
    internal static readonly TransferLimits Production = new(64 << 20, 1024, TimeSpan.FromSeconds(60));
}
