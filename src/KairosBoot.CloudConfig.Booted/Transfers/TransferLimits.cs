namespace KairosBoot.CloudConfig.Booted;

/// <summary>What a server cannot make a transfer exceed.</summary>
/// <param name="FreeBytes">What a download leaves free on the file system of its target, where that is large enough.</param>
/// <param name="BytesPerSecond">A transfer that brings less than this on average over <paramref name="Window"/> has failed.</param>
/// <param name="Window">How long that may be.</param>
internal sealed record TransferLimits(long FreeBytes, int BytesPerSecond, TimeSpan Window)
{
    internal static readonly TransferLimits Production = new(64 << 20, 1024, TimeSpan.FromSeconds(60));
}
