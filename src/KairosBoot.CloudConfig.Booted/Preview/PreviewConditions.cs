using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>The conditions of an entry on another machine. What is not known does not hold, and is an assumption.</summary>
/// <param name="machine">The machine.</param>
/// <param name="files">Its files.</param>
/// <param name="assume">Gets each assumption, and its line.</param>
/// <param name="report">Gets each fault.</param>
internal sealed class PreviewConditions(PreviewMachine machine, PreviewFiles files, Action<string, int> assume, Finding report)
{
    /// <param name="keys">The keys of the entry whose values are valid.</param>
    /// <param name="written">All of its keys.</param>
    internal bool Hold(YamlMapping keys, YamlMapping written)
    {
        foreach (var condition in EntryKeys.Conditions)
        {
            // A condition with an invalid value skips the entry, as in a boot.
            if (keys.Find(condition.Name) is { } value ? !Holds(condition.Name, value)
                : written.Find(condition.Name) is not (null or YamlScalar { IsNull: true }))
            {
                return false;
            }
        }

        return true;
    }

    private bool Holds(string name, YamlNode value)
    {
        bool? holds;
        try
        {
            holds = name switch
            {
                "if" => Template.IsTemplate(Text(value)) ? null : PreviewCondition.Evaluate(Text(value), files),
                "if_files" => IfFiles((YamlMapping)value),
                "only_os" => Matches(value, OsRelease("PRETTY_NAME")),
                "only_os_version" => Matches(value, OsRelease("VERSION_ID")),
                "only_arch" => machine.Architecture is { } architecture ? Matches(value, architecture) : null,
                "only_service_manager" => string.Equals(Text(value), ServiceManager(), StringComparison.OrdinalIgnoreCase),
                _ => null, // node: the host name of the machine
            };
        }
        catch (Exception e) when (e is FormatException or OperatorException or SyscallException)
        {
            report(value.Line, name, StageProblem.ReasonOf(e), isWarning: false);
            return false;
        }

        if (holds is null) assume($"a condition that only the machine can evaluate ({name}) counts as false", value.Line);
        return holds == true;
    }

    private bool? IfFiles(YamlMapping lists)
    {
        if (!IfFilesCondition.Check(lists, report)) return false;
        foreach (var (key, paths) in lists.Pairs)
        {
            var (wanted, found) = (0, 0);
            foreach (var path in YamlMapping.TextsOf(paths))
            {
                wanted++;
                if (!files.TryFind(path.Text, followLast: true, out var file)) return null;
                if (file.Type is not null) found++;
            }

            if (key.Text switch { "all" => found != wanted, "any" => found == 0 && wanted > 0, _ => found > 0 }) return false;
        }

        return true;
    }

    // A missing property matches no pattern.
    private static bool Matches(YamlNode pattern, string? text) =>
        text is { Length: > 0 } && Pattern.Parse(Text(pattern)).IsMatch(text);

    private string? OsRelease(string field) =>
        StageFacts.OsRelease(field, files.TryReadText("/etc/os-release") ?? files.TryReadText("/usr/lib/os-release") ?? "");

    private string? ServiceManager() => (Has("systemctl"), Has("openrc")) switch
    {
        (true, false) => "systemd",
        (false, true) => "openrc",
        _ => null,
    };

    private bool Has(string program) => Array.Exists(SystemPaths.StageDirectories,
        directory => files.TryFind($"{directory}/{program}", followLast: true, out var found) && found.Type == FileType.Regular);

    private static string Text(YamlNode value) => ((YamlScalar)value).Text;
}
