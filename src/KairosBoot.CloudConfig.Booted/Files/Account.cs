using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>The user that a program runs as.</summary>
/// <param name="User">The ids.</param>
/// <param name="Name">Login name; the number if the root has no such account.</param>
/// <param name="Home">Home directory.</param>
internal sealed record Account(ChildUser User, string Name, string Home)
{
    private const string Passwd = "/etc/passwd", Group = "/etc/group";

    /// <param name="uid">Not 0.</param>
    /// <param name="gid">Primary group if the root has no such account.</param>
    internal static Account Of(int uid, int gid)
    {
        foreach (var row in Rows(Passwd))
        {
            if (row.Length < 6 || row[2] != uid.ToString() || !int.TryParse(row[3], out var primary)) continue;
            var groups = new List<int> { primary };
            foreach (var group in Rows(Group))
            {
                if (group.Length > 3 && int.TryParse(group[2], out var id) && id != primary && group[3].Split(',').Contains(row[0]))
                    groups.Add(id);
            }
            return new Account(new ChildUser(uid, primary, groups), row[0], row[5]);
        }
        return new Account(new ChildUser(uid, gid, [gid]), uid.ToString(), "/");
    }

    /// <summary><c>NAME=VALUE</c>: only the proxies are taken from root's environment.</summary>
    internal List<string> Environment()
    {
        List<string> variables = [SystemPaths.UserPath, $"HOME={Home}", $"USER={Name}", $"LOGNAME={Name}"];
        foreach (var variable in CloudConfig.StageRun.ChildEnvironment())
            if (variable[..variable.IndexOf('=')].EndsWith("_proxy", StringComparison.OrdinalIgnoreCase)) variables.Add(variable);
        return variables;
    }

    private static IEnumerable<string[]> Rows(string path) =>
        (BoundedFile.TryReadText(path, ReadLimit.SystemFile) ?? "").Split('\n').Select(line => line.Split(':'));
}
