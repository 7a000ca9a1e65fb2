namespace KairosBoot.CloudConfig;

/// <summary><c>users</c>: adds users, or sets the password of existing ones. Adds SSH keys to both.</summary>
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
        users.Sort((a, b) => string.CompareOrdinal(a.Key.Text, b.Key.Text));
        foreach (var (name, fields) in users)
            run.Attempt(name.Line, "users", () => Apply(name, fields as YamlMapping ?? new YamlMapping(name.Line, name.Column), run));
    });

    private static void Apply(YamlScalar key, YamlMapping fields, EntryRun run)
    {
        var name = AccountFile.CheckName(key.Text);
        var password = fields.Text("passwd") ?? "";
        if (AccountFile.Read(AccountFile.Passwd).Find(name) is not null)
        {
            if (password.Length > 0) Password.Write(name, Password.ToShadowField(password));
        }
        else
        {
            // Hashed first: an invalid password must not leave a half-created user.
            var field = NewPassword(key, fields, password, run);
            NewUser.Add(name, fields, run);
            Password.Write(name, field);
        }

        AuthorizedKeysFile.Add(name, fields.Texts("ssh_authorized_keys"), "users.ssh_authorized_keys", run);
        run.Executed($"user {name}");
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
