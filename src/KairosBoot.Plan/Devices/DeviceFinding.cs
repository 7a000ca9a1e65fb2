namespace KairosBoot.Plan;

/// <summary>What a closer examination found on a device without a known file system.</summary>
/// <param name="kind">What it is.</param>
/// <param name="detail">For the text of <see cref="DeviceFault"/>.</param>
/// <param name="repair">The command that repairs it; empty: it is the same for all devices.</param>
public sealed class DeviceFinding(DeviceFaultKind kind, string detail = "", string repair = "")
{
    public DeviceFaultKind Kind => kind;
    public string Detail => detail;
    public string Repair => repair;

    /// <summary>Label of the file system or the pool; null: it has none.</summary>
    public string? Label { get; init; }

    /// <summary>UUID of the file system; null: it is not known.</summary>
    public string? Uuid { get; init; }
}
