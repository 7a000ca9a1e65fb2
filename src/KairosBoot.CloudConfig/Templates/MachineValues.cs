using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary><c>.Values</c> of templates, with the names of the sysinfo library. A value that the machine does not have is null.</summary>
internal static class MachineValues
{
    internal static TemplateFields Of(StageFacts facts) => new(name => name switch
    {
        "node" => new TemplateFields(field => Node(facts, field)),
        "os" => new TemplateFields(field => Os(facts, field)),
        "kernel" => new TemplateFields(field => Kernel(facts, field)),
        "product" => new TemplateFields(field => Dmi(field == "vendor" ? "sys_vendor" : "product_" + field)),
        "board" => new TemplateFields(field => Dmi("board_" + AssetTag(field))),
        "chassis" => new TemplateFields(field => Dmi("chassis_" + AssetTag(field))),
        "bios" => new TemplateFields(field => Dmi("bios_" + field)),
        "cpu" => new TemplateFields(Processor),
        "memory" => new TemplateFields(field => field == "size" ? MemoryKiB / 1024 : null),
        "network" => Devices("/sys/class/net", NetworkCard),
        "storage" => Devices("/sys/block", Disk),
        "Random" => StageFacts.RandomText(32),
        "ProtectedID" => facts.ProtectedId,
        _ => null,
    });

    internal static long? MemoryKiB => Number(ColonField("/proc/meminfo", "MemTotal"));

    private static string? Known(string? value) => string.IsNullOrEmpty(value) ? null : value;

    private static string AssetTag(string field) => field == "assettag" ? "asset_tag" : field;

    private static string? Node(StageFacts facts, string field) => field switch
    {
        "hostname" => Known(facts.HostName),
        "machineid" => Known(facts.MachineId),
        "timezone" => Known(StageFacts.TryReadText("/etc/timezone", ReadLimit.SystemFile)),
        _ => null,
    };

    private static string? Os(StageFacts facts, string field) => field switch
    {
        "name" => Known(StageFacts.OsRelease("PRETTY_NAME")),
        "vendor" => Known(StageFacts.OsRelease("ID")),
        "version" => Known(StageFacts.OsRelease("VERSION_ID")),
        "release" => Known(StageFacts.OsRelease("VERSION")),
        "architecture" => facts.Architecture,
        _ => null,
    };

    private static string? Kernel(StageFacts facts, string field) => field switch
    {
        "release" => Syscall.KernelRelease(),
        "version" => Known(FileText.TryReadAttribute("/proc/sys/kernel/version")),
        "architecture" => Syscall.Machine(),
        _ => null,
    };

    /// <summary>Sizes are in KiB. Cores and processors are counted by their kernel numbers.</summary>
    private static object? Processor(string field) => field switch
    {
        "vendor" => ColonField(Processors, "vendor_id"),
        "model" => ColonField(Processors, "model name"),
        "cache" => Number(ColonField(Processors, "cache size")),
        "cpus" => Different("physical id", above: ""),
        "cores" => Different("core id", above: "physical id"),
        "threads" => Different("processor", above: ""),
        _ => null,
    };

    private const string Processors = "/proc/cpuinfo";

    /// <summary>Number of different values of the field, combined with the field <paramref name="above"/>.</summary>
    private static long? Different(string field, string above)
    {
        var found = new HashSet<string>();
        var outer = "";
        foreach (var line in (FileText.TryReadAttribute(Processors) ?? "").Split('\n'))
        {
            if (Value(line, above) is { } value) outer = value;
            else if (Value(line, field) is { } inner) found.Add(outer + ";" + inner);
        }

        return found.Count > 0 ? found.Count : null;
    }

    /// <summary>The value of the first <c>name : value</c> in the file.</summary>
    private static string? ColonField(string path, string name)
    {
        foreach (var line in (FileText.TryReadAttribute(path) ?? "").Split('\n'))
            if (Value(line, name) is { } value) return Known(value);
        return null;
    }

    private static string? Value(string line, string name) =>
        line.IndexOf(':') is > 0 and var colon && line.AsSpan(0, colon).TrimEnd().SequenceEqual(name) ? line[(colon + 1)..].Trim() : null;

    /// <summary>The digits at the start of a value.</summary>
    private static long? Number(string? value)
    {
        if (value is null) return null;
        var length = 0;
        while (length < value.Length && char.IsAsciiDigit(value[length])) length++;
        return long.TryParse(value.AsSpan(0, length), out var number) ? number : null;
    }

    private static string? Dmi(string attribute) =>
        attribute.Contains('/') ? null : Known(FileText.TryReadAttribute("/sys/class/dmi/id/" + attribute));

    /// <summary>Real devices, which have a link "device", in the order of their names.</summary>
    private static List<object?> Devices(string directory, Func<string, string, object?> field)
    {
        var devices = new List<object?>();
        if (Syscall.TryStat(directory) is null) return devices;
        foreach (var name in Syscall.ReadDirectory(directory))
        {
            if (Syscall.TryStat($"{directory}/{name}/device") is not null)
                devices.Add(new TemplateFields(wanted => field($"{directory}/{name}", wanted)));
        }

        return devices;
    }

    private static object? NetworkCard(string path, string field) => field switch
    {
        "name" => PathParts.NameOf(path),
        "macaddress" => Known(FileText.TryReadAttribute(path + "/address")),
        "driver" => Driver(path),
        _ => null,
    };

    private static object? Disk(string path, string field) => field switch
    {
        "name" => PathParts.NameOf(path),
        "vendor" or "model" or "serial" => Known(FileText.TryReadAttribute($"{path}/device/{field}")),
        "driver" => Driver(path),
        "size" => long.TryParse(FileText.TryReadAttribute(path + "/size"), out var sectors) ? sectors * 512 / 1_000_000_000 : null,
        _ => null,
    };

    private static string? Driver(string path)
    {
        try { return PathParts.NameOf(Syscall.ReadLink(path + "/device/driver")); }
        catch (SyscallException) { return null; }
    }
}
