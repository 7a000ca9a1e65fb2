namespace KairosBoot.Plan;

/// <summary>What the ephemeral overlays live on: a tmpfs of a size, or a block device.</summary>
/// <param name="TmpfsSize">As mount(8) takes it: <c>25%</c>, <c>512m</c>, <c>1g</c>. Null for a device.</param>
/// <param name="Device">Null for a tmpfs.</param>
public sealed record OverlayBacking(string? TmpfsSize, DeviceRef? Device)
{
    /// <summary>Parses <c>tmpfs:20%</c>, <c>tmpfs:512m</c>, <c>LABEL=x</c>, <c>UUID=x</c>, <c>/dev/x</c>; null for anything else.</summary>
    public static OverlayBacking? TryParse(string text)
    {
        if (text.StartsWith("tmpfs:", StringComparison.Ordinal))
            return IsSize(text[6..]) ? new(text[6..], null) : null;
        return DeviceRef.TryParse(text) is { } device ? new(null, device) : null;
    }

    private static bool IsSize(string size)
    {
        var digits = size.AsSpan().TrimEnd("%kKmMgG");
        if (size.Length - digits.Length > 1 || !int.TryParse(digits, out var number) || number <= 0) return false;
        return !size.EndsWith('%') || number <= 100;
    }

    public override string ToString() => TmpfsSize is null ? Device!.ToString() : "tmpfs:" + TmpfsSize;
}
