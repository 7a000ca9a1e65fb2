using System.Text;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>What of an entry can be told to fail without doing any of it: what the keys themselves would find wrong with their values.</summary>
internal sealed class EntryLint(string stage, YamlMapping keys, bool scripts, Finding report)
{
    // What can be asked of any machine. A machine may still lack one of them.
    private static readonly string[] Groups = ["node", "os", "kernel", "product", "board", "chassis", "bios"], Lists = ["network", "storage"], Texts = ["Random", "ProtectedID"];
    private static readonly TemplateFields SomeMachine = TemplateFields.Under("Values", new TemplateFields(Value));
    private static readonly TemplateFields SomeName = new(name => name is "UUID" or "Random" or "MachineID" or "ProtectedID" ? Sample : null, mustExist: true);

    private const string Sample = "0123456789abcdef0123456789abcdef";
    private const int SomeDevices = 64;

    internal void Check()
    {
        foreach (var key in (string[])["downloads", "git", "packages", "package_pins", "unpack_images"])
            if (StageNames.IsOfInitrd(stage) && keys.Find(key) is { } value) report(value.Line, key, $"has no effect in {stage}: needs the booted system, a stage such as boot or network", isWarning: true);
        foreach (var key in (string[])["node", "only_os", "only_os_version", "only_arch"])
            if (keys.Find(key) is YamlScalar pattern) Try(pattern.Line, key, "not a pattern: ", () => Pattern.Parse(pattern.Text));
        if (keys.Find("only_service_manager") is YamlScalar { Text: var manager } at && manager.ToLowerInvariant() is not ("systemd" or "openrc"))
            report(at.Line, "only_service_manager", $"'{manager}' is neither systemd nor openrc: the entry never runs", isWarning: true);
        if (keys.Find("if") is YamlScalar condition) CheckScript(condition, "if");
        foreach (var command in keys.Texts("commands")) CheckScript(command, "commands");
        foreach (var (_, value) in (keys.Find("environment") as YamlMapping)?.Pairs ?? [])
            if (value is YamlScalar text) CheckTemplate(text, "environment");
        foreach (var item in Items("ensure_entities").Concat(Items("delete_entities")))
            if (item.Find("entity") is YamlScalar entity) CheckTemplate(entity, "ensure_entities");
        if (keys.Find("hostname") is YamlScalar host) Try(host.Line, "hostname", "", () => Template.Render(host.Text, SomeName));
        CheckPaths();
        CheckUsers();
    }

    private IReadOnlyList<YamlMapping> Items(string key) => YamlMapping.MappingsOf(keys.Find(key));

    private void CheckPaths()
    {
        foreach (var key in (string[])["directories", "files", "downloads"])
            foreach (var item in Items(key)) Try(item.Line, key, "", () => Directories.Normalize(item.Text("path")));
        foreach (var file in Items("files")) CheckContent(file);
        foreach (var download in Items("downloads")) Try(download.Line, "downloads", "", () => WebAddress.Parse(download.Text("url")));
        foreach (var image in Items("unpack_images")) Try(image.Line, "unpack_images", "", () => Directories.Normalize(image.Text("target")));
        if (keys.Find("git") is YamlMapping git && git.Text("url") is { Length: > 0 }) Try(git.Line, "git", "", () => Directories.Normalize(git.Text("path")));
    }

    private void CheckContent(YamlMapping file)
    {
        var encoding = file.Text("encoding") ?? "";
        if (!ContentEncoding.IsKnown(encoding)) report(file.Line, "files.encoding", $"'{encoding}' is not an encoding known here; written as it is", isWarning: true);
        Try(file.Line, "files", "", () =>
        {
            var content = Encoding.UTF8.GetString(ContentEncoding.Decode(file.Text("content") ?? "", encoding));
            CheckTemplate(content, file.Line, "files.content");
        });
    }

    private void CheckUsers()
    {
        foreach (var (name, value) in (keys.Find("users") as YamlMapping)?.Pairs ?? [])
        {
            Try(name.Line, "users", "", () => AccountFile.CheckName(name.Text));
            if (value is not YamlMapping user) continue;
            if (user.Text("uid") is { Length: > 0 } uid && !(int.TryParse(uid, out var id) && id >= 0)) report(user.Line, "users.uid", $"'{uid}' is not a user id", isWarning: false);
            if (user.Text("homedir") is { Length: > 0 } home) Try(user.Line, "users.homedir", "", () => Directories.Normalize(home));
            var noPassword = user.Find("passwd") is YamlScalar { IsNull: false, Text: "" } && user.Boolean("lock_passwd") is null;
            if (noPassword) report(name.Line, "users.passwd", $"{name.Text}: the password is empty, so none lets in; with lock_passwd: false beside it, no password is asked for", isWarning: true);
            if (user.Find("passwd") is null && user.Texts("ssh_authorized_keys").Count == 0 && user.Boolean("lock_passwd") is not true && keys.Find("authorized_keys") is null)
                report(name.Line, "users", $"{name.Text} has neither a password nor a key: nobody can log in as them", isWarning: true);
        }
    }

    private void CheckTemplate(YamlScalar text, string key) => CheckTemplate(text.Text, text.Line, key);

    /// <summary>One that fails keeps its text when it runs, so it is a warning.</summary>
    private void CheckTemplate(string text, int line, string key)
    {
        if (!Template.IsTemplate(text)) return;
        try
        {
            if (Template.Render(text, SomeMachine).Contains(Template.Print(null), StringComparison.Ordinal)) report(line, key, "its template asks for a value that no machine tells", isWarning: true);
        }
        catch (TemplateException e) { report(line, key, $"template left as it is: {e.Message}", isWarning: true); }
    }

    private void CheckScript(YamlScalar script, string key)
    {
        CheckTemplate(script, key);
        if (scripts && !Template.IsTemplate(script.Text) && ScriptLint.Check(script.Text) is { } finding) report(script.Line, key, finding.Reason, finding.IsWarning);
    }

    private void Try(int line, string key, string lead, Action action)
    {
        try { action(); }
        catch (Exception e) when (e is FormatException or TemplateException) { report(line, key, lead + e.Message, isWarning: false); }
    }

    private static object? Value(string name) =>
        Texts.Contains(name) ? Sample : Groups.Contains(name) ? new TemplateFields(_ => Sample)
        : Lists.Contains(name) ? Enumerable.Repeat<object?>(new TemplateFields(_ => Sample), SomeDevices).ToList() : null;
}
