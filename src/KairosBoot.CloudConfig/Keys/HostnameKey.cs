using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary><c>hostname</c>: sets the host name of the kernel, /etc/hostname and the 127.0.0.1 lines of /etc/hosts.</summary>
internal static class HostnameKey
{
    private const string HostsFile = "/etc/hosts", HostNameFile = "/etc/hostname", Loopback = "127.0.0.1";

    internal static readonly StageKey Definition = new("hostname", Schema.Text, (value, run) => run.Attempt(value.Line, "hostname", () =>
    {
        // If a template fails, the old name stays: it is better than half a template.
        var name = Template.Render(((YamlScalar)value).Text, new TemplateFields(field => Field(run.Facts, field), mustExist: true)).Trim();
        Check(name);
        // First: the kernel may refuse a name, and then nothing changes.
        Syscall.SetHostName(name);
        run.Attempt(value.Line, "hostname", () => WriteName(name));
        // The file may be missing, or a link to a file that does not exist yet.
        using var place = Directories.Walker.Place(HostsFile, new NewDirectories(FilePermissions.Directory));
        var hosts = FileName.Decode(place.TryRead(ReadLimit.SystemFile) ?? []);
        AtomicFile.WriteKeepingOwner(place, FileName.Encode(WithName(hosts, name)).AsSpan()[..^1]);
        run.Executed($"host name {name}");
    }));

    /// <summary>Throws <see cref="FormatException"/>.</summary>
    internal static void Check(string name)
    {
        const int HOST_NAME_MAX = 64; // limits.h
        if (!IsValid(name)) throw new FormatException($"'{name}' is not a host name; the host name is unchanged");
        if (name.Length > HOST_NAME_MAX)
            throw new FormatException($"'{name}' is longer than {HOST_NAME_MAX.ToString()} characters; the host name is unchanged");
    }

    /// <summary>False also for a part of a template that came out empty: <c>node-</c>.</summary>
    private static bool IsValid(string name)
    {
        if (name.Length == 0 || name[0] is '-' or '.' || name[^1] is '-' or '.') return false;
        foreach (var c in name)
            if (c is <= ' ' or '/' or '#' or '\x7f') return false;
        return true;
    }

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

    /// <summary>Trims each line and replaces lines that start with 127.0.0.1. Without such a line, one is added.</summary>
    internal static string WithName(string hosts, string name)
    {
        var lines = hosts.Split('\n');
        var isFound = false;
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            var isLoopback = line == Loopback || line.StartsWith(Loopback + " ", StringComparison.Ordinal)
                || line.StartsWith(Loopback + "\t", StringComparison.Ordinal);
            isFound |= isLoopback;
            lines[i] = isLoopback ? $"{Loopback} localhost {name}" : line;
        }
        var text = string.Join('\n', lines);
        if (isFound) return text;
        return $"{text}{(text.Length == 0 || text[^1] == '\n' ? "" : "\n")}{Loopback} localhost {name}\n";
    }
}
