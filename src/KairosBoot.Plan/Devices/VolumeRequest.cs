namespace KairosBoot.Plan;

/// <summary>A volume and its mount point: <c>LABEL=DATA:/srv/data</c>.</summary>
public sealed record VolumeRequest(DeviceRef Device, string Path)
{
    /// <summary>What a failure means for the boot.</summary>
    public StepClass Class { get; init; } = MountClasses.ByTable(Path);

    /// <summary>Options from <see cref="PathOptions"/>.</summary>
    public string Options { get; init; } = "";

    /// <summary>Where the layout names it: a file and a line; empty: in the default layout.</summary>
    public string Origin { get; init; } = "";

    /// <summary>For messages: the volume and where it is named.</summary>
    public string Subject => Origin.Length == 0 ? ToString() : ToString() + " (" + Origin + ")";

    /// <summary>Null: the text has no device, no colon or no absolute path.</summary>
    public static VolumeRequest? TryParse(string text)
    {
        var colon = text.LastIndexOf(":/", StringComparison.Ordinal);
        return colon > 0 && DeviceRef.TryParse(text[..colon]) is { } device && MountPath.TryNormalise(text[(colon + 1)..]) is { } path
            ? new(device, path)
            : null;
    }

    public override string ToString() => $"{Device}:{Path}";
}
