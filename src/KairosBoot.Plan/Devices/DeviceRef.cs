namespace KairosBoot.Plan;

public enum DeviceRefKind { Label, Uuid, PartLabel, PartUuid, Path }

/// <summary>The name of a block device: <c>LABEL=x</c>, <c>UUID=x</c>, <c>PARTLABEL=x</c>, <c>PARTUUID=x</c> or <c>/dev/x</c>.</summary>
public sealed record DeviceRef(DeviceRefKind Kind, string Value)
{
    private static readonly (string Prefix, DeviceRefKind Kind)[] Prefixes =
    [
        ("LABEL=", DeviceRefKind.Label), ("UUID=", DeviceRefKind.Uuid),
        ("PARTLABEL=", DeviceRefKind.PartLabel), ("PARTUUID=", DeviceRefKind.PartUuid),
        // The initrd has no udev to make these links; the name inside them is looked up instead.
        ("/dev/disk/by-label/", DeviceRefKind.Label), ("/dev/disk/by-uuid/", DeviceRefKind.Uuid),
        ("/dev/disk/by-partlabel/", DeviceRefKind.PartLabel), ("/dev/disk/by-partuuid/", DeviceRefKind.PartUuid),
    ];

    public static DeviceRef Label(string label) => new(DeviceRefKind.Label, label);

    /// <summary>Null: the text has none of these forms.</summary>
    public static DeviceRef? TryParse(string text)
    {
        foreach (var (prefix, kind) in Prefixes)
        {
            if (text.StartsWith(prefix, StringComparison.Ordinal))
                return text.Length > prefix.Length ? new(kind, text[prefix.Length..].Trim('"')) : null;
        }

        return text.StartsWith("/dev/", StringComparison.Ordinal) && text.Length > 5 ? new(DeviceRefKind.Path, text) : null;
    }

    public override string ToString() => Kind switch
    {
        DeviceRefKind.Label => "LABEL=" + Value,
        DeviceRefKind.Uuid => "UUID=" + Value,
        DeviceRefKind.PartLabel => "PARTLABEL=" + Value,
        DeviceRefKind.PartUuid => "PARTUUID=" + Value,
        DeviceRefKind.Path => Value,
        _ => throw new InvalidOperationException(),
    };
}
