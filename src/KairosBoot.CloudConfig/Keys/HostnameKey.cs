using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary><c>hostname</c>: sets the host name of the kernel, /etc/hostname and the 127.0.0.1 lines of /etc/hosts.</summary>
internal static class HostnameKey
{
    private const string HostsFile = "/etc/hosts", HostNameFile = "/etc/hostname", Loopback = "127.0.0.1";

    internal static readonly StageKey Definition = new("hostname", Schema.Text, (value, run) => run.Attempt(value.Line, "hostname", () =>
    {
        // If a template fails, the old name stays: it is better than half a template.
        var name = Template.Render(((YamlScalar)value).Text, new TemplateFields(field => Field(run.Facts, field), mustExist: true)).Trim();
        if (name.Length == 0 || name.AsSpan().ContainsAny(" \t\n\r/\0")) throw new FormatException("not a host name");
        run.Attempt(value.Line, "hostname", () => Syscall.SetHostName(name));
        run.Attempt(value.Line, "hostname", () => WriteName(name));
        using var place = Directories.Walker.Place(HostsFile);
        var hosts = place.ReadText(ReadLimit.SystemFile);
        AtomicFile.WriteKeepingOwner(place, WithName(hosts, name));
        run.Executed($"host name {name}");
    }));

    private static void WriteName(string name)
    {
        using var place = Directories.Walker.Place(HostNameFile);
        AtomicFile.WriteKeepingOwner(place, name + "\n");
    }

    private static object? Field(StageFacts facts, string name) => name switch
    {
        "MachineID" => facts.MachineId,
        "Random" => StageFacts.RandomText(32),
        "UUID" => RandomUuid(),
        "ProtectedID" => facts.ProtectedId,
        _ => null,
    };

    private static string RandomUuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        Syscall.GetRandom(bytes);
        bytes[6] = (byte)(bytes[6] & 0x0F | 0x40); // RFC 9562: version 4
        bytes[8] = (byte)(bytes[8] & 0x3F | 0x80);
        var hex = Convert.ToHexStringLower(bytes);
        return $"{hex[..8]}-{hex[8..12]}-{hex[12..16]}-{hex[16..20]}-{hex[20..]}";
    }

    /// <summary>Trims each line and replaces lines that start with 127.0.0.1. No line is added.</summary>
    internal static string WithName(string hosts, string name)
    {
        var lines = hosts.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            var isLoopback = line == Loopback || line.StartsWith(Loopback + " ", StringComparison.Ordinal)
                || line.StartsWith(Loopback + "\t", StringComparison.Ordinal);
            lines[i] = isLoopback ? $"{Loopback} localhost {name}" : line;
        }
        return string.Join('\n', lines);
    }
}
