namespace KairosBoot.Plan;

/// <summary>Finds the command that marks a boot good in scripts, units and configs.</summary>
public static class ReporterText
{
    private const string Blanks = " \t\"'`[],=";

    // Each ends a simple command of the shell. The colon separates the fields of inittab.
    private const string Ends = ";|&(){}\r\n:";

    /// <summary>Commands that only print their arguments, or ignore them.</summary>
    private static readonly string[] Printers = ["echo", "printf", "logger", "true"];

    /// <summary>True: a line of the text runs <c>kboot assess good</c>. Comments do not.</summary>
    public static bool Reports(string text)
    {
        foreach (var command in Commands(text))
        {
            if (Array.IndexOf(Printers, command[0]) >= 0) continue;
            for (var at = 0; at + 2 < command.Count; at++)
                if (IsKBoot(command[at]) && command[at + 1] == "assess" && command[at + 2] == "good") return true;
        }

        return false;
    }

    /// <summary>The absolute paths in the text, which may be scripts that it starts.</summary>
    public static IEnumerable<string> Paths(string text) =>
        Commands(text).SelectMany(command => command).Select(Program).Where(word => word.StartsWith('/'));

    /// <summary>True: a line that does not switch units off names the unit, so a config may enable or start it.</summary>
    public static bool Starts(string text, string unit)
    {
        var name = unit.EndsWith(".service", StringComparison.Ordinal) ? unit[..^".service".Length] : unit;
        foreach (var command in Commands(text))
        {
            if (!command.Exists(word => word is "disable" or "mask" or "stop") && command.Exists(word => word == name || word == unit))
                return true;
        }

        return false;
    }

    private static IEnumerable<List<string>> Commands(string text)
    {
        foreach (var line in text.Replace("\\\n", " ").Split('\n'))
        {
            var words = new List<string>();
            for (var at = 0; at < line.Length;)
            {
                if (Blanks.Contains(line[at]))
                {
                    at++;
                }
                else if (line[at] == '#' && (at == 0 || Blanks.Contains(line[at - 1]) || Ends.Contains(line[at - 1])))
                {
                    break;
                }
                else if (Ends.Contains(line[at]))
                {
                    if (words.Count > 0) yield return words;
                    words = [];
                    at++;
                }
                else
                {
                    var start = at;
                    while (at < line.Length && !Blanks.Contains(line[at]) && !Ends.Contains(line[at])) at++;
                    words.Add(line[start..at]);
                }
            }

            if (words.Count > 0) yield return words;
        }
    }

    private static bool IsKBoot(string word) => PathParts.NameOf(Program(word)) == "kboot";

    // systemd.service(5) has prefixes of a program, inittab(5) a dash for a login shell, a shell variables.
    private static string Program(string word) => word.TrimStart('-', '@', '+', '!', '$');
}
