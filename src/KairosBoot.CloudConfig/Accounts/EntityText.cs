namespace KairosBoot.CloudConfig;

/// <summary>An item of <c>ensure_entities</c> or <c>delete_entities</c>: one row of an account file, as a small YAML document.</summary>
internal static class EntityText
{
    internal static readonly Schema Items = Schema.ListOf(Schema.Record(("path", Schema.Text), ("entity", Schema.Text)));

    /// <summary>The fields of the row, and its file. Throws <see cref="FormatException"/>.</summary>
    internal static (YamlMapping Fields, string Path) Read(YamlMapping item, string key, EntryRun run)
    {
        YamlMapping fields;
        try
        {
            var text = run.Render(item.Text("entity") ?? "", item.Line, key + ".entity");
            fields = YamlReader.Read(text) as YamlMapping ?? throw new FormatException("entity is not a mapping");
        }
        catch (YamlFaultException e) { throw new FormatException($"entity: line {e.Line}, column {e.Column}: {e.Message}"); }
        var path = fields.Text("kind") switch
        {
            "user" => AccountFile.Passwd,
            "group" => AccountFile.Group,
            "shadow" => AccountFile.Shadow,
            "gshadow" => AccountFile.GShadow,
            _ => throw new FormatException("entity: kind is not user, group, shadow or gshadow"),
        };
        return (fields, item.Text("path") ?? path);
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
