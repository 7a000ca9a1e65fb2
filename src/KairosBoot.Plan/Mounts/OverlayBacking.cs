namespace KairosBoot.Plan;

/// <summary>What the ephemeral overlays are stored on: a tmpfs of a size, or a block device.</summary>
/// <param name="Tmpfs">Null for a device.</param>
/// <param name="Device">Null for a tmpfs.</param>
public sealed record OverlayBacking(TmpfsLimit? Tmpfs, DeviceRef? Device)
{
    /// <summary>The default size: a quarter of the memory.</summary>
    public static readonly TmpfsLimit DefaultLimit = new("25%", null);

    /// <summary>Parses <c>tmpfs:20%</c>, <c>tmpfs:512m,inodes=50k</c>, <c>LABEL=x</c>, <c>UUID=x</c>, <c>/dev/x</c>; null for anything
    /// else.</summary>
    public static OverlayBacking? TryParse(string text)
    {
        if (text.StartsWith("tmpfs:", StringComparison.Ordinal))
            return TmpfsLimit.TryParse(text[6..]) is { } limit ? new(limit, null) : null;
        return DeviceRef.TryParse(text) is { } device ? new(null, device) : null;
    }

    public override string ToString() => Tmpfs is null ? Device!.ToString() : "tmpfs:" + Tmpfs;
}
