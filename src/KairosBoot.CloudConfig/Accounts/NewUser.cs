using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>Adds a user: the primary group, the passwd row, the home directory, the membership in other groups.</summary>
internal static class NewUser
{
    private const string DefaultsFile = "/etc/default/useradd";

    internal static void Add(string name, YamlMapping fields, EntryRun run)
    {
        var defaults = EnvFile.Parse(BoundedFile.TryReadText(DefaultsFile, ReadLimit.SystemFile) ?? "");
        var home = fields.Text("homedir") is { Length: > 0 } given ? Directories.Normalize(given) : $"{defaults["HOME"] ?? "/home"}/{name}";
        var shell = fields.Text("shell") is { Length: > 0 } chosen ? chosen : defaults["SHELL"] ?? "/bin/sh";

        var passwd = AccountFile.Read(AccountFile.Passwd);
        using var directory = new HomeDirectory(home);
        var uid = UserId(fields.Text("uid"), directory, passwd);
        var createsHome = fields.Boolean("no_create_home") is not true;
        // Checked first: an invalid home must not leave a half-created user.
        if (createsHome) directory.Check(uid);
        var gid = PrimaryGroup(name, fields.Text("primary_group"));
        passwd.Set(name, "x", uid.ToString(), gid.ToString(), fields.Text("gecos") ?? "Created by entities", home, shell);
        passwd.Save();
        if (createsHome) directory.Make(FilePermissions.Directory, uid, gid);
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

    /// <summary>The given id, the owner of an existing home (kept on the persistent partition), or the first free id.</summary>
    private static int UserId(string? wanted, HomeDirectory home, AccountFile passwd)
    {
        if (!string.IsNullOrEmpty(wanted)) return int.TryParse(wanted, out var uid) && uid >= 0 ? uid : throw new FormatException($"'{wanted}' is not a user id");
        return home.Owner is > 0 and var owner ? owner : passwd.FreeId();
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
