namespace KairosBoot.Plan;

/// <summary>
/// The initrd's modules.index: which packed module drives which hardware, and which modules to load in which order. Names are the kernel's
/// ('_', never '-'); in the initrd they are also the file names, without <c>.ko</c>.
/// </summary>
/// <remarks>
/// PID 1 reads it, so parsing only checks the lines and finds the sections. Every look-up searches the text itself, and only the aliases of
/// the device's own bus. Written by <see cref="ModuleIndexWriter"/>.
/// <code>
/// modules.index 1
/// release 6.1.0-1-amd64
/// always loop                                  loaded whatever the hardware
/// name fs_iso9660 isofs                        another name for a module
/// load virtio_blk virtio_ring virtio_blk       the order to load a module and its dependencies in
/// builtin ext4 vfat                            modules built into the kernel
/// bus virtio                                   aliases, grouped by the text before the first ':'
///  d00000002v* virtio_blk
/// bus *                                        aliases with a pattern before the ':', in full
///  acpi*:LNRO0005:* virtio_mmio
/// </code>
/// </remarks>
public sealed class ModuleIndex
{
    internal const string Header = "modules.index 1";

    private readonly string text;
    private readonly List<string> always = [];
    private readonly List<(string Bus, int Start, int End)> buses = [];
    private int builtIn = -1;
    private int namesEnd;

    private ModuleIndex(string text) => this.text = text;

    /// <summary>Release of the kernel that the modules were built for, as in <c>uname -r</c>.</summary>
    public string Release { get; private set; } = "";

    /// <summary>Modules to load on any hardware, in this order.</summary>
    public IReadOnlyList<string> Always => always;

    /// <exception cref="FormatException">A line is invalid; the message has its number.</exception>
    public static ModuleIndex Parse(string text)
    {
        var index = new ModuleIndex(text) { namesEnd = text.Length };
        int start = 0, number = 1;
        while (start < text.Length)
        {
            var length = text.AsSpan(start).IndexOf('\n');
            if (length < 0 || !index.TakeLine(text.AsSpan(start, length), number, start))
                throw new FormatException($"modules.index line {number}: {(length < 0 ? "cut off" : "not understood")}");
            start += length + 1;
            number++;
        }

        index.CloseBus(text.Length);
        return index.Release.Length > 0 ? index : throw new FormatException($"modules.index line {number}: no release");
    }

    /// <summary>The modules whose aliases match a device's modalias, without duplicates, in the order of the index.</summary>
    public IReadOnlyList<string> ForModalias(string modalias)
    {
        List<string>? found = null;
        var colon = modalias.IndexOf(':');
        foreach (var (bus, start, end) in buses)
        {
            if (bus == "*")
                Match(text.AsSpan(start, end - start), modalias, ref found);
            else if (colon >= 0 && modalias.AsSpan(0, colon).SequenceEqual(bus))
                Match(text.AsSpan(start, end - start), modalias.AsSpan(colon + 1), ref found);
        }

        return found ?? (IReadOnlyList<string>)[];
    }

    /// <summary>
    /// The modules to load for a module, in order: its dependencies, the module itself, then the modules that its softdep names as post.
    /// Empty: built into the kernel. Null: neither in this initrd nor built in. Also accepts names such as <c>fs-ext4</c>.
    /// </summary>
    public IReadOnlyList<string>? LoadOrder(string name)
    {
        name = ModuleName.Normalize(name);
        name = Row("\nname ", name) is { IsEmpty: false } module ? module.ToString() : name;
        var load = Row("\nload ", name);
        return !load.IsEmpty ? load.ToString().Split(' ') : IsBuiltIn(name) ? [] : null;
    }

    private bool TakeLine(ReadOnlySpan<char> line, int number, int start)
    {
        if (number == 1) return line.SequenceEqual(Header);
        var space = line.IndexOf(' ');
        var rest = line[(space + 1)..];
        if (space < 0 || rest.IsEmpty) return false;
        switch (line[..space])
        {
            case "":
                return buses.Count > 0 && rest.IndexOf(' ') > 0;
            case "bus":
                CloseBus(start);
                buses.Add((rest.ToString(), start + line.Length + 1, -1));
                return true;
            case "release":
                Release = rest.ToString();
                return true;
            case "always":
                always.Add(rest.ToString());
                return true;
            case "builtin":
                builtIn = start;
                return true;
            default:
                return line[..space] is "name" or "load" && rest.IndexOf(' ') > 0;
        }
    }

    private void CloseBus(int end)
    {
        if (buses.Count == 0)
            namesEnd = end;
        else
            buses[^1] = buses[^1] with { End = end };
    }

    private ReadOnlySpan<char> Row(string kind, string name)
    {
        var names = text.AsSpan(0, namesEnd);
        var key = $"{kind}{name} ";
        var at = names.IndexOf(key);
        if (at < 0) return default;
        var value = names[(at + key.Length)..];
        return value[..value.IndexOf('\n')];
    }

    private bool IsBuiltIn(string name)
    {
        if (builtIn < 0) return false;
        var line = text.AsSpan(builtIn, text.AsSpan(builtIn).IndexOf('\n'));
        foreach (var range in line.Split(' '))
            if (range.Start.Value > 0 && line[range].SequenceEqual(name)) return true;
        return false;
    }

    private static void Match(ReadOnlySpan<char> lines, ReadOnlySpan<char> device, ref List<string>? found)
    {
        while (!lines.IsEmpty)
        {
            var line = lines[1..lines.IndexOf('\n')];
            lines = lines[(line.Length + 2)..];
            var space = line.LastIndexOf(' ');
            if (!ModaliasPattern.Matches(line[..space], device)) continue;
            var module = line[(space + 1)..].ToString();
            found ??= [];
            if (!found.Contains(module)) found.Add(module);
        }
    }
}
