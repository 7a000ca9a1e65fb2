using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// The settings of a unit that decide what it runs at boot and what it pulls in: its file and its drop-ins, in their order.
/// </summary>
/// <param name="texts">The file first.</param>
public sealed class UnitText(IEnumerable<string> texts)
{
    private static readonly string[] Commands = ["ExecStartPre", "ExecStart", "ExecStartPost"];

    // systemd.unit(5), systemd.timer(5), systemd.path(5). A unit that is only stopped together with another one is not started by it.
    private static readonly string[] Dependencies = ["Wants", "Requires", "BindsTo", "Upholds", "OnSuccess", "Unit"];

    private readonly ImmutableArray<(string Key, string Value)> settings = [.. texts.SelectMany(Settings)];

    /// <summary>The command lines of a start.</summary>
    public IEnumerable<string> StartCommands => Commands.SelectMany(key => After(key));

    /// <summary>Names of units that are started together with it, or by it.</summary>
    public IEnumerable<string> Starts(string name)
    {
        foreach (var (_, value) in settings.Where(setting => Dependencies.Contains(setting.Key)))
        {
            foreach (var unit in value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)) yield return unit;
        }

        var dot = name.LastIndexOf('.');
        if (dot > 0 && name[dot..] is ".timer" or ".path" && !settings.Any(setting => setting.Key == "Unit"))
            yield return name[..dot] + ".service";
    }

    // systemd.service(5): an empty value removes the values before it.
    private IEnumerable<string> After(string key)
    {
        var values = new List<string>();
        foreach (var setting in settings.Where(setting => setting.Key == key))
        {
            if (setting.Value.Length == 0) values.Clear();
            else values.Add(setting.Value);
        }

        return values;
    }

    // systemd.syntax(7): comments start with # or ; in the first column, and a backslash at the end continues a line.
    private static IEnumerable<(string, string)> Settings(string text)
    {
        var lines = text.Split('\n').Select(line => line.Trim()).Where(line => !line.StartsWith('#') && !line.StartsWith(';'));
        foreach (var line in string.Join('\n', lines).Replace("\\\n", " ").Split('\n'))
        {
            var equals = line.IndexOf('=');
            if (equals > 0) yield return (line[..equals].TrimEnd(), line[(equals + 1)..].TrimStart());
        }
    }
}
