using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// The volume that a machine took its user-data from. The record is on COS_OEM; while it exists, the machine takes no other user-data
/// from a volume.
/// <code>
/// DEVICE=/dev/vdb
/// MODEL=QEMU HARDDISK
/// SERIAL=seed-1
/// SHA256=9f86d081884c7d65...
/// </code>
/// </summary>
/// <param name="Device">Its device node in the boot that took it; the node may differ in another boot.</param>
/// <param name="Model">Model of the disk as its driver reports it; null: not reported.</param>
/// <param name="Serial">Serial number of the disk; null: not reported.</param>
/// <param name="Sha256">SHA-256 of the user-data on the volume: 64 hexadecimal digits, lower case.</param>
public sealed record UserDataMark(string Device, string? Model, string? Serial, string Sha256)
{
    private const int DigestDigits = 64;

    private const string DeviceKey = "DEVICE=", ModelKey = "MODEL=", SerialKey = "SERIAL=", DigestKey = "SHA256=", MetadataKey = "METADATA_SHA256=";

    /// <summary>SHA-256 of the volume's data about the machine other than the user-data; null: none.</summary>
    public string? MetadataSha256 { get; init; }

    /// <param name="disk">The whole disk: partitions have no model and no serial number.</param>
    /// <param name="node">Device node of the volume.</param>
    /// <param name="sha256">SHA-256 of its user-data.</param>
    public static UserDataMark Of(BlockDevice disk, string node, string sha256) => new(node, OneLine(disk.Model), OneLine(disk.Serial), sha256);

    /// <summary>
    /// The same disk according to its driver. Disks of one model without a serial number count as the same; then the digest decides.
    /// </summary>
    public bool IsOn(BlockDevice disk) => Model == OneLine(disk.Model) && Serial == OneLine(disk.Serial);

    /// <summary>For messages: <c>/dev/vdb (model "QEMU HARDDISK", serial "seed-1")</c>.</summary>
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

    /// <summary>Null: the text has no device or no digest. Lines with other keys are ignored.</summary>
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

    // A USB device chooses these texts itself and may include line feeds and escape sequences.
    private static string? OneLine(string? text)
    {
        if (text is null) return null;
        var line = text.Trim().ToCharArray();
        for (var i = 0; i < line.Length; i++)
            if (char.IsControl(line[i]) || line[i] == '"') line[i] = '?';
        return line.Length == 0 ? null : new string(line);
    }
}
