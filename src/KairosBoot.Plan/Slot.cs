namespace KairosBoot.Plan;

/// <summary>One of the three systems on the disk.</summary>
public enum Slot { Active, Passive, Recovery }

public static class SlotNames
{
    /// <summary><c>active</c>, <c>passive</c>, <c>recovery</c>: as in GRUB, the sentinels and the report.</summary>
    public static string Name(this Slot slot) => slot switch
    {
        Slot.Active => "active",
        Slot.Passive => "passive",
        Slot.Recovery => "recovery",
        _ => throw new InvalidOperationException(),
    };

    /// <summary>Path of its image on its partition.</summary>
    public static string Image(this Slot slot) => slot switch
    {
        Slot.Active => "/cOS/active.img",
        Slot.Passive => "/cOS/passive.img",
        Slot.Recovery => SystemPaths.RecoveryImage,
        _ => throw new InvalidOperationException(),
    };

    /// <summary>Its label in <c>root=LABEL=</c> on a kernel command line.</summary>
    public static string Label(this Slot slot) => slot switch
    {
        Slot.Active => "COS_ACTIVE",
        Slot.Passive => "COS_PASSIVE",
        Slot.Recovery => "COS_RECOVERY",
        _ => throw new InvalidOperationException(),
    };

    public static Slot? TryParse(string? name) => name switch
    {
        "active" => Slot.Active,
        "passive" => Slot.Passive,
        "recovery" => Slot.Recovery,
        _ => null,
    };
}
