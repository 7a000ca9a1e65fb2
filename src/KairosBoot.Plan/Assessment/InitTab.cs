using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>The commands that sysvinit or busybox run at boot: inittab(5), and busybox' own form, which has no runlevels.</summary>
public sealed class InitTab
{
    // What is run when the machine starts. busybox' askfirst waits for a person.
    private static readonly string[] AtBoot = ["sysinit", "boot", "bootwait", "once", "wait", "respawn"];

    /// <param name="text">The file; null: busybox' default, which runs /etc/init.d/rcS.</param>
    public InitTab(string? text)
    {
        var rows = (text ?? "::sysinit:/etc/init.d/rcS").Split('\n').Select(line => line.Trim())
            .Where(line => !line.StartsWith('#')).Select(line => line.Split(':', 4)).Where(row => row.Length == 4).ToList();
        var level = rows.Find(row => row[2] == "initdefault")?[1] is [var first, ..] ? first : '2';
        foreach (var row in rows.Where(row => AtBoot.Contains(row[2]) && IsStarted(row, level)))
            Commands = Commands.Add(row[3]);
        foreach (var words in Commands.Select(command => command.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))
        {
            for (var at = 0; at < words.Length; at++)
            {
                var argument = at + 1 < words.Length ? words[at + 1] : "";
                switch (PathParts.NameOf(words[at].TrimStart('-')))
                {
                    case "openrc": OpenRcRunlevels.Add(argument.Length > 0 ? argument : "default"); break;
                    case "rcS": RcLevels.Add('S'); break;
                    case "rc" when argument.Length == 1: RcLevels.Add(argument[0]); break;
                }
            }
        }
    }

    public ImmutableArray<string> Commands { get; } = [];

    /// <summary>Runlevels of OpenRC that the commands start.</summary>
    public List<string> OpenRcRunlevels { get; } = [];

    /// <summary>Runlevels of System V that the commands start, <c>S</c> among them.</summary>
    public List<char> RcLevels { get; } = [];

    // For busybox the second field is unused, and ignored if it has text.
    private static bool IsStarted(string[] row, char level) =>
        row[2] is "sysinit" or "boot" or "bootwait" || row[1].Length == 0 || row[1].Contains(level);
}
