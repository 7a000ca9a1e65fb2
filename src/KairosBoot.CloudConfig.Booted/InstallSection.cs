using System.Globalization;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>The settings for the disk in <c>install:</c> of the cloud-configs. A later document has precedence.</summary>
public sealed class InstallSection
{
    private const long MiB = 1 << 20, MaxMiB = long.MaxValue / MiB;

    // The names of Kairos.
    private static readonly Schema Section = Schema.Record(
        ("device", Schema.Text),
        ("partitions", Schema.Record(("oem", Sized()), ("recovery", Sized()), ("state", Sized()), ("persistent", Sized()))),
        ("extra-partitions", Schema.ListOf(Schema.Record(("name", Schema.Text), ("label", Schema.Text), ("size", Size()),
            ("fs", Schema.Text)))),
        ("grub_options", Schema.Record(("extra_cmdline", Schema.Text))));

    // bind_mounts and ephemeral_mounts are read at boot. The last two are checked above all others.
    private static readonly string[] Honoured =
    [
        "device", "partitions", "extra-partitions", "grub_options", "bind_mounts", "ephemeral_mounts", "encrypted_partitions", "no-format",
    ];

    // Keys of Kairos' installer that have no effect here, and what to do instead.
    private static readonly (string Key, string Reason)[] NotHonoured =
    [
        ("auto", "has no effect: kboot install asks no questions and starts only by a command"),
        ("reboot", "has no effect: reboot the machine after kboot install"),
        ("poweroff", "has no effect: power the machine off after kboot install"),
        ("system", "has no effect: name the image with --image, --tar or --root"),
        ("recovery-system", "has no effect: name the recovery image with --recovery"),
        ("source", "has no effect: name the image with --image, --tar or --root"),
    ];

    private readonly Dictionary<string, long> sizes = [];

    public string? Device { get; private set; }

    /// <summary>MiB, by <c>oem</c>, <c>recovery</c>, <c>state</c>, <c>persistent</c>.</summary>
    public IReadOnlyDictionary<string, long> Sizes => sizes;

    /// <summary>GPT name, label, size in MiB (0: the rest of the disk) and file system (null: the default) of each.</summary>
    public List<(string Name, string Label, long MiB, string? FileSystem)> Extra { get; } = [];

    /// <summary><c>grub_options.extra_cmdline</c>.</summary>
    public string KernelArguments { get; private set; } = "";

    /// <param name="files">Documents that are already checked.</param>
    /// <param name="warn">Gets ignored settings.</param>
    /// <exception cref="OperatorException">A setting is not supported, and ignoring it would give another disk layout.</exception>
    public static InstallSection Read(IEnumerable<string> files, Action<StageProblem> warn)
    {
        var section = new InstallSection();
        foreach (var file in files)
        {
            if ((Parse(file) as YamlMapping)?.Find("install") is YamlMapping install)
                section.Add(install, file, warn);
        }

        return section;
    }

    private static YamlNode? Parse(string file)
    {
        try { return YamlReader.Read(ConfigFiles.Read(file)); }
        catch (YamlFaultException e) { throw new OperatorException($"{file}:{e.Line}:{e.Column}: {e.Message}", "correct the file"); }
    }

    /// <summary>Reports what <see cref="Read"/> would report or refuse.</summary>
    internal static void Check(YamlMapping install, string file, Action<StageProblem> report)
    {
        try { new InstallSection().Add(install, file, report); }
        catch (OperatorException e)
        {
            report(new StageProblem(file, install.Line, "", "install", StageProblem.ReasonOf(e)));
        }
    }

    private void Add(YamlMapping install, string file, Action<StageProblem> warn)
    {
        if (install.Find("encrypted_partitions") is YamlSequence { Items.Count: > 0 } encrypted)
        {
            throw Refused(file, encrypted, "encrypted_partitions", "encrypted partitions are not supported",
                "remove it, or encrypt in a stage after-install");
        }
        if (install.Boolean("no-format") == true)
            throw Refused(file, install.Find("no-format")!, "no-format", "the installation always formats the disk", "remove it");

        foreach (var (key, reason) in NotHonoured)
        {
            if (install.Find(key) is { } value)
                warn(new StageProblem(file, value.Line, "", "install." + key, reason) { IsWarning = true });
        }

        foreach (var (key, _) in install.Pairs)
        {
            if (Honoured.Contains(key.Text) || Array.Exists(NotHonoured, other => other.Key == key.Text)) continue;
            warn(new StageProblem(file, key.Line, "", "install." + key.Name, $"has no effect: {SpellingHint.Suggest(key.Text, Honoured)}")
            {
                IsWarning = true,
            });
        }

        var known = new YamlMapping(install.Line);
        foreach (var (key, value) in install.Pairs)
            if (key.Text is "device" or "partitions" or "extra-partitions" or "grub_options") known.Add(key, value);
        var conforming = Section.Validate(known, "install", (line, key, reason, isWarning) =>
            warn(new StageProblem(file, line, "", key, reason) { IsWarning = true })) as YamlMapping;
        Device = conforming?.Text("device") ?? Device;
        KernelArguments = ((conforming?.Find("grub_options") as YamlMapping)?.Text("extra_cmdline") ?? "") is { Length: > 0 } arguments
            ? $"{KernelArguments} {arguments}".Trim() : KernelArguments;
        foreach (var (name, value) in (conforming?.Find("partitions") as YamlMapping)?.Pairs ?? [])
            if (MiBOf(value as YamlMapping) is > 0 and var size) sizes[name.Text] = size;
        foreach (var extra in YamlMapping.MappingsOf(conforming?.Find("extra-partitions")))
        {
            var label = extra.Text("label") ?? extra.Text("name")
                ?? throw Refused(file, extra, "extra-partitions", "a partition without label and name", "set label");
            Extra.Add((extra.Text("name") ?? label, label, MiBOf(extra) is { } size ? size
                : throw Refused(file, extra, "extra-partitions", $"{label} has no size",
                "set size, in MiB or with a unit (1.5G); 0: the rest of the disk"), extra.Text("fs")));
        }
    }

    private static Schema Sized() =>
        Schema.Record(("size", Size()), ("fs", Schema.Scalar("ext4", scalar => scalar.Text == "ext4")));

    private static Schema Size() =>
        Schema.Scalar("a whole number of MiB, or a size with a unit: 1.5G", scalar => MiBOf(scalar.Text) is not null);

    private static long? MiBOf(YamlMapping? partition) => partition?.Text("size") is { } text ? MiBOf(text) : null;

    // A number is in MiB, as in Kairos; with a unit, it may have a fraction.
    private static long? MiBOf(string text)
    {
        if (text.Length == 0) return null;
        if (text.All(char.IsAsciiDigit))
            return long.TryParse(text, CultureInfo.InvariantCulture, out var number) && number <= MaxMiB ? number : null;
        return !char.IsAsciiDigit(text[^1]) && ByteSize.TryParse(text) is { } bytes && bytes % MiB == 0 ? bytes / MiB : null;
    }

    private static OperatorException Refused(string file, YamlNode node, string key, string what, string fix) =>
        new($"{file}:{node.Line}: install.{key}: {what}", fix);
}
