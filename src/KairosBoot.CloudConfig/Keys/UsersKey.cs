namespace KairosBoot.CloudConfig;

/// <summary><c>users</c>: adds users, or sets password, shell and groups of existing ones. Adds SSH keys to both.</summary>
internal static class UsersKey
{
    private static readonly (string Name, Schema Schema)[] Fields =
    [
        ("passwd", Schema.Text), ("ssh_authorized_keys", Schema.Texts), ("gecos", Schema.Text), ("homedir", Schema.Text),
        ("no_create_home", Schema.Boolean), ("primary_group", Schema.Text), ("groups", Schema.Texts), ("shell", Schema.Text),
        ("lock_passwd", Schema.Boolean), ("uid", Schema.Text),
        // The name in a list of users.
        ("name", Schema.Text),
        ("no_user_group", Schema.NoEffect("a new user always has a group")), ("system", Schema.NoEffect("set uid instead")),
        ("no_log_init", Schema.NoEffect("lastlog is not written")),
    ];

    internal static readonly StageKey Definition = new("users", Schema.MapByName(Schema.Record(Fields)), (value, run) =>
    {
        var users = new List<(YamlScalar Key, YamlNode Value)>(((YamlMapping)value).Pairs);
        users.Sort(Compare);
        var done = new bool[users.Count];
        using (var store = AccountStore.Open())
        {
            for (var i = 0; i < users.Count; i++)
            {
                var (name, fields) = (users[i].Key, FieldsOf(users[i]));
                var number = i;
                run.Attempt(name.Line, "users", () => done[number] = Apply(name, fields, store, run));
            }
            store.Save(value.Line, "users", run);
        }
        // Without the lock: keys may come from the network.
        for (var i = 0; i < users.Count; i++)
        {
            if (!done[i]) continue;
            var name = users[i].Key;
            List<YamlScalar> keys = [.. FieldsOf(users[i]).Texts("ssh_authorized_keys")];
            run.Attempt(name.Line, "users", () => AuthorizedKeysFile.Add(name.Text, keys, "users.ssh_authorized_keys", run));
            run.Executed($"user {name.Text}");
        }
    });

    /// <summary>Users with an id first, so that no other user gets it.</summary>
    private static int Compare((YamlScalar Key, YamlNode Value) a, (YamlScalar Key, YamlNode Value) b)
    {
        var isGiven = HasId(b).CompareTo(HasId(a));
        return isGiven != 0 ? isGiven : string.CompareOrdinal(a.Key.Text, b.Key.Text);
    }

    private static bool HasId((YamlScalar Key, YamlNode Value) user) => FieldsOf(user).Text("uid") is { Length: > 0 };

    private static YamlMapping FieldsOf((YamlScalar Key, YamlNode Value) user) =>
        user.Value as YamlMapping ?? new YamlMapping(user.Key.Line);

    private static bool Apply(YamlScalar key, YamlMapping fields, AccountStore store, EntryRun run)
    {
        var name = AccountFile.CheckName(key.Text);
        var password = fields.Text("passwd") ?? "";
        if (NewUser.LeadingZero(fields.Text("uid")) is { } zero) run.Warn(fields.Line, "users.uid", $"{name}: {zero}");
        if (store.Passwd.Find(name) is { } row)
        {
            if (fields.Boolean("lock_passwd") is true) Password.Set(store.Shadow, name, Password.Locked);
            else if (password.Length > 0) Password.Set(store.Shadow, name, Password.ToShadowField(password));
            Change(row, fields, store, run);
        }
        else
        {
            // Hashed first: an invalid password must not leave a half-created user.
            var field = NewPassword(key, fields, password, run);
            NewUser.Add(key, fields, store, run);
            Password.Set(store.Shadow, name, field);
        }

        foreach (var groups in fields.Texts("groups"))
        {
            // cloud-init: one text with commas.
            foreach (var group in groups.Text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                if (!store.Group.Join(name, group)) run.Warn(groups.Line, "users.groups", $"{name}: no group '{group}'");
        }
        return true;
    }

    /// <summary>An existing user keeps its ids and its home.</summary>
    private static void Change(string[] row, YamlMapping fields, AccountStore store, EntryRun run)
    {
        if (row.Length != 7) return;
        if (fields.Text("uid") is { Length: > 0 } uid && !(int.TryParse(uid, out var id) && id.ToString() == row[2]))
            run.Warn(fields.Line, "users.uid", $"{row[0]} exists with user id {row[2]}, so uid: {uid} has no effect");
        if (fields.Text("shell") is not { Length: > 0 } shell) return;
        row[6] = shell;
        store.Passwd.Set(row);
    }

    /// <summary>Throws <see cref="FormatException"/> for what can be wrong in a user, except the id, without the account files.</summary>
    internal static void Check(YamlMapping fields)
    {
        if (fields.Text("homedir") is { Length: > 0 } home) Directories.Normalize(home);
        AccountFile.CheckFields(AccountFile.Passwd, fields.Text("gecos") ?? "", fields.Text("homedir") ?? "", fields.Text("shell") ?? "");
        Password.Check(fields.Text("passwd") ?? "");
    }

    private static string NewPassword(YamlScalar name, YamlMapping fields, string password, EntryRun run)
    {
        var locked = fields.Boolean("lock_passwd");
        if (locked is true) return Password.Locked;
        if (password.Length > 0) return Password.ToShadowField(password);
        if (fields.Find("passwd") is not YamlScalar { IsNull: false }) return Password.Impossible;
        if (locked is false) return "";
        run.Warn(name.Line, "users.passwd", EmptyPassword(name.Text));
        return Password.Impossible;
    }

    internal static string EmptyPassword(string user) =>
        $"{user}: the password is empty, so no password works; to fix: set a password, or lock_passwd: false for a login without one";
}
