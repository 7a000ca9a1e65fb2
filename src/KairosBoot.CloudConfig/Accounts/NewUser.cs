using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>Adds a user: the primary group, the passwd row, the home directory, the membership in other groups.</summary>
internal static class NewUser
{
    private const string Key = "users", DefaultsFile = "/etc/default/useradd";

    internal static void Add(YamlScalar key, YamlMapping fields, AccountStore store, EntryRun run)
    {
        var name = key.Text;
        var defaults = EnvFile.Parse(BoundedFile.TryReadText(DefaultsFile, ReadLimit.SystemFile) ?? "");
        var home = fields.Text("homedir") is { Length: > 0 } given ? Directories.Normalize(given)
            : $"{defaults["HOME"] ?? HomeOwners.Directory}/{name}";
        var shell = fields.Text("shell") is { Length: > 0 } chosen ? chosen : defaults["SHELL"] ?? "/bin/sh";
        var gecos = fields.Text("gecos") ?? "Created by entities";
        // Checked first: an invalid field or home must not leave a half-created user.
        store.Passwd.Check(name, gecos, home, shell);
        var wanted = WantedId(fields.Text("uid"));
        var group = ExistingGroup(name, fields.Text("primary_group"), store.Group);

        using var directory = new HomeDirectory(home);
        var createsHome = fields.Boolean("no_create_home") is not true;
        void Warn(string reason) => run.Warn(key.Line, Key, reason);
        var uid = store.Ids.ChooseUser(name, wanted, directory.Owner, Warn);
        if (createsHome && uid != wanted && directory.Owner > 0 && directory.Owner != uid)
        {
            createsHome = false;
            Warn($"{home} belongs to user {directory.Owner.ToString()}, not to {name} (user {uid.ToString()}); to fix: chown -R {name} " +
                home);
        }
        if (createsHome) directory.Check(uid);
        if (group is not { } gid) store.Group.Set(name, "x", (gid = store.Ids.ChooseGroup(name, directory.Group, Warn)).ToString(), "");
        store.Passwd.Set(name, "x", uid.ToString(), gid.ToString(), gecos, home, shell);
        if (createsHome) directory.Make(FilePermissions.Directory, uid, gid);
    }

    internal static int? WantedId(string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        return int.TryParse(text, out var uid) && uid >= 0 ? uid : throw new FormatException($"'{text}' is not a user id");
    }

    /// <summary>The id is a text, as in Kairos, so it is not an octal number. Null: no leading zero.</summary>
    internal static string? LeadingZero(string? id) => id is ['0', _, ..] && int.TryParse(id, out var number)
        ? $"{id} is the decimal number {number.ToString()}; to fix: write {number.ToString()}" : null;

    /// <summary>Null: the group of the user, which does not exist yet.</summary>
    private static int? ExistingGroup(string user, string? wanted, AccountFile groups)
    {
        var name = string.IsNullOrEmpty(wanted) ? user : wanted;
        if (groups.Find(name) is { Length: >= 3 } row && int.TryParse(row[2], out var gid)) return gid;
        return name == user ? null : throw new FormatException($"no group '{name}'");
    }
}
