namespace KairosBoot.Plan;

/// <summary>A volume of the layout and the device found for it; null where there is none.</summary>
public sealed record FoundVolume(VolumeRequest Request, BlockDevice? Device);
