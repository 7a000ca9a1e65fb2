namespace KairosBoot.CloudConfig.Booted;

/// <summary>Finds users who cannot log in. The password or the key of a user may be in another entry or document.</summary>
internal sealed class LoginLint
{
    private readonly List<(string User, StageProblem Problem)> withoutLogin = [];
    private readonly HashSet<string> withLogin = [], reported = [];
    // Those that may give users a login.
    private readonly List<string> scripts = [];

    /// <summary>The entry's users, and what gives users a login.</summary>
    internal void Add(YamlMapping keys, string file, string entry)
    {
        foreach (var (name, fields) in (keys.Find(UsersKey.Definition.Name) as YamlMapping)?.Pairs ?? [])
            AddUser(name, fields as YamlMapping ?? new YamlMapping(name.Line), file, entry);
        foreach (var (name, list) in (keys.Find(AuthorizedKeysKey.Definition.Name) as YamlMapping)?.Pairs ?? [])
            if (YamlMapping.TextsOf(list).Any()) withLogin.Add(name.Text);
        foreach (var script in keys.Texts(CommandsKey.Definition.Name)) AddScript(script.Text);
        foreach (var item in YamlMapping.MappingsOf(keys.Find(EnsureEntitiesKey.Definition.Name)))
            if (item.Text("entity") is { } entity) AddScript(entity);
    }

    private void AddUser(YamlScalar name, YamlMapping user, string file, string entry)
    {
        var isService = user.Text("shell") is { } shell
            && (shell.EndsWith("/nologin", StringComparison.Ordinal) || shell.EndsWith("/false", StringComparison.Ordinal));
        if (user.Find("passwd") is not null || user.Texts("ssh_authorized_keys").Any())
        {
            withLogin.Add(name.Text);
        }
        else if (user.Boolean("lock_passwd") is not true && !isService && reported.Add(name.Text))
        {
            withoutLogin.Add((name.Text, new StageProblem(file, name.Line, entry, UsersKey.Definition.Name,
                $"{name.Text} has neither a password nor an SSH key and cannot log in")
            {
                IsWarning = true,
            }));
        }
    }

    /// <summary>One finding for each user without a login in any document.</summary>
    internal IEnumerable<StageProblem> Problems()
    {
        foreach (var (user, problem) in withoutLogin)
        {
            if (!withLogin.Contains(user) && !scripts.Exists(script => script.Contains(user, StringComparison.Ordinal)))
                yield return problem;
        }
    }

    private void AddScript(string script)
    {
        if (script.Contains("passwd", StringComparison.Ordinal) || script.Contains("shadow", StringComparison.Ordinal)
            || script.Contains("authorized_keys", StringComparison.Ordinal))
        {
            scripts.Add(script);
        }
    }
}
