namespace KairosBoot.Plan;

/// <summary>A volume and where it goes: <c>LABEL=DATA:/srv/data</c>.</summary>
public sealed record VolumeRequest(DeviceRef Device, string Path)
{
    /// <summary>What its absence means for the boot.</summary>
    public StepClass Class { get; init; } = MountClasses.ByTable(Path);

    /// <summary>Of <see cref="PathOptions"/>.</summary>
    public string Options { get; init; } = "";

    /// <summary>Null where the text has no device, no colon or no absolute path.</summary>
    public static VolumeRequest? TryParse(string text)
    {
        var colon = text.LastIndexOf(":/", StringComparison.Ordinal);
        return colon > 0 && DeviceRef.TryParse(text[..colon]) is { } device && MountPath.TryNormalise(text[(colon + 1)..]) is { } path
            ? new(device, path)
            : null;
    }

    public override string ToString() => $"{Device}:{Path}";
}
