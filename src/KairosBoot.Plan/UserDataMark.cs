using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// The volume that a machine took its user-data from. The machine keeps it on COS_OEM and takes no other user-data from a volume as long as it is there.
/// <code>
/// DEVICE=/dev/vdb
/// MODEL=QEMU HARDDISK
/// SERIAL=seed-1
/// SHA256=9f86d081884c7d65...
/// </code>
/// </summary>
/// <param name="Device">Its node in the boot that took it; another boot may use another name.</param>
/// <param name="Model">Of the disk, as its driver says; null where it says nothing.</param>
/// <param name="Serial">Likewise.</param>
/// <param name="Sha256">Of the user-data as it is on the volume: 64 hexadecimal digits, lower case.</param>
public sealed record UserDataMark(string Device, string? Model, string? Serial, string Sha256)
{
    private const int DigestDigits = 64;

    private const string DeviceKey = "DEVICE=", ModelKey = "MODEL=", SerialKey = "SERIAL=", DigestKey = "SHA256=", MetadataKey = "METADATA_SHA256=";

    /// <summary>Of what the volume says about the machine besides its user-data; null where it says nothing.</summary>
    public string? MetadataSha256 { get; init; }

    /// <param name="disk">The whole disk: its partitions have no model and no serial.</param>
    /// <param name="node">The volume on it.</param>
    /// <param name="sha256">Of its user-data.</param>
    public static UserDataMark Of(BlockDevice disk, string node, string sha256) => new(node, OneLine(disk.Model), OneLine(disk.Serial), sha256);

    /// <summary>The same disk by what its driver says. Disks without a serial of the same model count as the same: the digest decides then.</summary>
    public bool IsOn(BlockDevice disk) => Model == OneLine(disk.Model) && Serial == OneLine(disk.Serial);

    /// <summary>For people: <c>/dev/vdb (model "QEMU HARDDISK", serial "seed-1")</c>.</summary>
    public string Name => Describe(Device, Model, Serial);

    /// <inheritdoc cref="Name"/>
    public static string Describe(string device, string? model, string? serial)
    {
        var known = model is null ? "" : $"model \"{OneLine(model)}\"";
        if (serial is not null) known += $"{(known.Length > 0 ? ", " : "")}serial \"{OneLine(serial)}\"";
        return known.Length > 0 ? $"{device} ({known})" : device;
    }

    public string Write()
    {
        var text = new StringBuilder(DeviceKey).Append(OneLine(Device)).Append('\n');
        if (Model is not null) text.Append(ModelKey).Append(Model).Append('\n');
        if (Serial is not null) text.Append(SerialKey).Append(Serial).Append('\n');
        text.Append(DigestKey).Append(Sha256).Append('\n');
        if (MetadataSha256 is not null) text.Append(MetadataKey).Append(MetadataSha256).Append('\n');
        return text.ToString();
    }

    /// <summary>Null for a text that holds no device and no digest. Lines with other keys are passed over.</summary>
    public static UserDataMark? TryParse(string text)
    {
        string? device = null, model = null, serial = null, digest = null, metadata = null;
        foreach (var line in text.Split('\n'))
        {
            device = Value(line, DeviceKey) ?? device;
            model = Value(line, ModelKey) ?? model;
            serial = Value(line, SerialKey) ?? serial;
            digest = Value(line, DigestKey) ?? digest;
            metadata = Value(line, MetadataKey) ?? metadata;
        }
        return device is null || !IsDigest(digest) ? null : new(device, model, serial, digest!) { MetadataSha256 = IsDigest(metadata) ? metadata : null };
    }

    private static string? Value(string line, string key) => line.StartsWith(key, StringComparison.Ordinal) ? OneLine(line[key.Length..]) : null;

    private static bool IsDigest(string? text)
    {
        if (text is not { Length: DigestDigits }) return false;
        foreach (var c in text)
            if (!char.IsAsciiHexDigitLower(c)) return false;
        return true;
    }

    // A USB device says of itself what it likes, line feeds and escape sequences too.
    private static string? OneLine(string? text)
    {
        if (text is null) return null;
        var line = text.Trim().ToCharArray();
        for (var i = 0; i < line.Length; i++)
            if (char.IsControl(line[i]) || line[i] == '"') line[i] = '?';
        return line.Length == 0 ? null : new string(line);
    }
}
