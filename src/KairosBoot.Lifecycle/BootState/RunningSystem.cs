using System.Globalization;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>What <c>kboot status</c> shows of the running system.</summary>
/// <param name="boot">Its boot.</param>
/// <param name="buildTime">When its image was built, in seconds since 1970; null: not known.</param>
public sealed class RunningSystem(BootSummary boot, long? buildTime)
{
    private readonly SystemRelease release = SystemRelease.Parse(Read("/etc/os-release") ?? Read("/usr/lib/os-release") ?? []);

    private static byte[]? Read(string path) => BoundedFile.TryRead(path, ReadLimit.SystemFile);

    public BootSummary Boot => boot;

    /// <summary>Id of its image, as the counters have it; empty: not known.</summary>
    public string Image => boot.Image.Length > 0 ? BootCounter.IdOf(boot.Image) : "";

    /// <summary>IMAGE_ID and IMAGE_VERSION of os-release(5), or ID and VERSION_ID; empty: it has none.</summary>
    public string Name => release.Name;

    public string Version => release.Version;

    /// <summary>When the image was built: <c>2026-11-28 09:30 UTC</c>; null: not known.</summary>
    public string? Built =>
        buildTime is { } seconds
            ? DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture) : null;

    /// <summary><c>debian 12, built 2026-11-28 09:30 UTC</c>; empty: nothing is known.</summary>
    public string SystemText => string.Join(", ", ((string?[])[$"{Name} {Version}".Trim(), Built is null ? null : "built " + Built])
        .Where(text => !string.IsNullOrEmpty(text)));
}
