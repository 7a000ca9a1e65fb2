using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>Adds a user: a group of its own, the passwd row, the home directory, membership in other groups.</summary>
internal static class NewUser
{
    private const string DefaultsFile = "/etc/default/useradd";

    internal static void Add(string name, YamlMapping fields, EntryRun run)
    {
        var defaults = EnvFile.Parse(FileText.TryRead(DefaultsFile) ?? "");
        var home = fields.Text("homedir") is { Length: > 0 } given ? Directories.Normalize(given) : $"{defaults["HOME"] ?? "/home"}/{name}";
        var shell = fields.Text("shell") is { Length: > 0 } chosen ? chosen : defaults["SHELL"] ?? "/bin/sh";

        var gid = PrimaryGroup(name, fields.Text("primary_group"));
        var passwd = AccountFile.Read(AccountFile.Passwd);
        var uid = UserId(fields.Text("uid"), home, passwd);
        passwd.Set(name, "x", uid.ToString(), gid.ToString(), fields.Text("gecos") ?? "Created by entities", home, shell);
        passwd.Save();
        if (fields.Boolean("no_create_home") is not true) MakeHome(home, uid, gid);
        foreach (var group in fields.Texts("groups"))
            if (!Join(name, group.Text)) run.Warn(group.Line, "users.groups", $"{name}: no group '{group.Text}'");
    }

    private static int PrimaryGroup(string user, string? wanted)
    {
        var groups = AccountFile.Read(AccountFile.Group);
        var name = string.IsNullOrEmpty(wanted) ? user : wanted;
        if (groups.Find(name) is { Length: >= 3 } row && int.TryParse(row[2], out var gid)) return gid;
        if (name != user) throw new FormatException($"no group '{name}'");
        var free = groups.FreeId();
        groups.Set(name, "x", free.ToString(), "");
        groups.Save();
        return free;
    }

    /// <summary>The one asked for, the owner of a home that is already there (kept on the persistent partition), or the first free one.</summary>
    private static int UserId(string? wanted, string home, AccountFile passwd)
    {
        if (!string.IsNullOrEmpty(wanted)) return int.TryParse(wanted, out var uid) && uid >= 0 ? uid : throw new FormatException($"'{wanted}' is not a user id");
        return Syscall.TryStat(home) is { Uid: > 0 } existing ? existing.Uid : passwd.FreeId();
    }

    private static void MakeHome(string home, int uid, int gid)
    {
        Directories.MakeParents(home, FilePermissions.Directory, uid: 0, gid: 0);
        if (!Directories.Make(home, FilePermissions.Directory, uid, gid)) Syscall.ChOwn(home, uid, gid);
    }

    private static bool Join(string user, string group)
    {
        var groups = AccountFile.Read(AccountFile.Group);
        if (groups.Find(group) is not { Length: 4 } row) return false;
        var members = new List<string>(row[3].Split(',', StringSplitOptions.RemoveEmptyEntries));
        if (members.Contains(user)) return true;
        members.Add(user);
        row[3] = string.Join(',', members);
        groups.Set(row);
        groups.Save();
        return true;
    }
}
