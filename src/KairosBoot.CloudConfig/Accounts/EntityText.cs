namespace KairosBoot.CloudConfig;

/// <summary>An item of <c>ensure_entities</c> or <c>delete_entities</c>: one row of an account file, as a small YAML document.</summary>
internal static class EntityText
{
    internal static readonly Schema Items = Schema.ListOf(Schema.Record(("path", Schema.Text), ("entity", Schema.Text)));

    // The fields of the rows, and of the file.
    private static readonly (string Kind, string Path, Schema Fields)[] Kinds =
    [
        ("user", AccountFile.Passwd, Fields("username", "password", "uid", "gid", "group", "info", "homedir", "shell")),
        ("group", AccountFile.Group, Fields("group_name", "password", "gid", "users")),
        ("shadow", AccountFile.Shadow, Fields("username", "password", "last_changed", "minimum_changed", "maximum_changed", "warn",
            "inactive", "expire", "reserved")),
        ("gshadow", AccountFile.GShadow, Fields("group_name", "name", "password", "administrators", "members")),
    ];

    private static Schema Fields(params string[] names)
    {
        var fields = new (string, Schema)[names.Length + 1];
        for (var i = 0; i < names.Length; i++) fields[i] = (names[i], Schema.Text);
        fields[^1] = ("kind", Schema.Text);
        return Schema.Record(fields);
    }

    /// <summary>The fields of the row, and its file. Throws <see cref="FormatException"/>.</summary>
    internal static (YamlMapping Fields, string Path) Read(YamlMapping item, string key, EntryRun run)
    {
        var text = run.Render(item.Text("entity") ?? "", item.Line, key + ".entity");
        var (fields, path) = Parse(text, item.Line, key, run.Report);
        return (fields, item.Text("path") ?? path);
    }

    /// <summary>
    /// The fields of the row, and the file of its kind. All that can be wrong without the account files is reported, or thrown as a
    /// <see cref="FormatException"/>.
    /// </summary>
    internal static (YamlMapping Fields, string Path) Parse(string text, int line, string key, Finding report)
    {
        YamlMapping parsed;
        try { parsed = YamlReader.Read(text) as YamlMapping ?? throw new FormatException("entity is not a mapping"); }
        catch (YamlFaultException e) { throw new FormatException($"entity: line {e.Line}, column {e.Column}: {e.Message}"); }
        foreach (var (kind, path, schema) in Kinds)
        {
            if (parsed.Text("kind") != kind) continue;
            var fields = (YamlMapping)schema.Validate(parsed, key + ".entity", (_, at, reason, isWarning) =>
                report(line, at, reason, isWarning))!;
            NameOf(fields);
            foreach (var id in (ReadOnlySpan<string>)["uid", "gid"])
            {
                // Upstream's number is octal, unlike the id of a user in the key users.
                if (IdOf(fields, id) is > 7 and var number && fields.Text(id) is ['0', >= '0' and <= '9', ..] octal)
                {
                    report(line, $"{key}.entity.{id}",
                        $"{octal} is the octal number {number.ToString()}; to fix: write {number.ToString()}", isWarning: true);
                }
            }
            foreach (var (name, field) in fields.Pairs)
            {
                var value = field is YamlScalar { IsNull: false } scalar ? scalar.Text : "";
                if (name.Text == "password") Password.Check(value);
                else AccountFile.CheckFields(path, value);
            }
            return (fields, path);
        }
        throw new FormatException("entity: kind is not user, group, shadow or gshadow");
    }

    /// <summary>
    /// An id, as a number or as text in quotes; -1: the next free one. Null: not given. Throws <see cref="FormatException"/> for other
    /// text.
    /// </summary>
    internal static int? IdOf(YamlMapping fields, string key)
    {
        if (fields.Text(key) is not { Length: > 0 } text) return null;
        if (YamlScalar.ParseInteger(text) is not { } id || id > int.MaxValue)
            throw new FormatException($"entity: {key}: '{text}' is not an id");
        return id < 0 ? -1 : (int)id;
    }

    /// <summary>
    /// The password field of a row: clear text becomes its hash. The "x" of passwd(5) and group(5), and no password, become what is given
    /// for them.
    /// </summary>
    internal static string PasswordOf(YamlMapping fields, string otherwise)
    {
        var password = fields.Text("password");
        return string.IsNullOrEmpty(password) ? otherwise
            : password == "x" && fields.Text("kind") is "user" or "group" ? password : Password.ToShadowField(password);
    }

    /// <summary>The first field of the row. Throws <see cref="FormatException"/> for an invalid name.</summary>
    internal static string NameOf(YamlMapping fields) => AccountFile.CheckName(fields.Text("kind") switch
    {
        "group" => fields.Text("group_name"),
        "gshadow" => fields.Text("group_name") ?? fields.Text("name"),
        _ => fields.Text("username"),
    });
}
