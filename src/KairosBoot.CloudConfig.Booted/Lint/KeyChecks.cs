using System.Text;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>Checks the value of one key beyond its schema.</summary>
internal delegate void KeyCheck(YamlNode value, string key, EntryLint lint);

/// <summary>The checks of <c>kboot lint</c>. A key without a row needs no check but its schema.</summary>
internal static class KeyChecks
{
    private static readonly TemplateFields SampleName =
        new(name => name is "UUID" or "Random" or "MachineID" or "ProtectedID" ? EntryLint.Sample : null, mustExist: true);

    // The names of Go.
    private static readonly string[] Architectures = ["amd64", "arm64", "riscv64"];

    internal static readonly (string Key, KeyCheck Check)[] All =
    [
        (NodeCondition.Definition.Name, CheckPattern),
        (IfCondition.Definition.Name, CheckCondition),
        (OnlyConditions.Os.Name, CheckPattern),
        (OnlyConditions.OsVersion.Name, CheckPattern),
        (OnlyConditions.Architecture.Name, CheckArchitecture),
        (OnlyConditions.ServiceManager.Name, CheckServiceManager),
        (IfFilesCondition.Definition.Name, (value, _, lint) => IfFilesCondition.Check((YamlMapping)value, lint.Report)),
        (DnsKey.Definition.Name, (value, key, lint) => lint.Try(value.Line, key, () => DnsKey.Format((YamlMapping)value))),
        (DownloadsKey.Name, (value, key, lint) => ForEach(value, item => DownloadsKey.Check(item, key, lint))),
        (GitKey.Definition.Name, (value, key, lint) => GitKey.Check((YamlMapping)value, key, lint)),
        (EnsureEntitiesKey.Definition.Name, CheckEntities),
        (DirectoriesKey.Definition.Name, (value, key, lint) => ForEach(value, item => CheckDirectory(item, key, lint))),
        (FilesKey.Definition.Name, (value, key, lint) => ForEach(value, item => CheckFile(item, key, lint))),
        (CommandsKey.Definition.Name, CheckScripts),
        (DeleteEntitiesKey.Definition.Name, CheckEntities),
        (HostnameKey.Definition.Name, CheckHostName),
        (SysctlKey.Definition.Name, (value, key, lint) => ForEachPair(value, key, lint, name => SysctlKey.PathOf(name.Text))),
        (UsersKey.Definition.Name, CheckUsers),
        (TimesyncdKey.Definition.Name, (value, _, lint) => TimesyncdKey.Settings((YamlMapping)value, lint.Report)),
        (SystemctlKey.Definition.Name, CheckOverrides),
        (EnvironmentKey.Definition.Name, CheckEnvironment),
        (DatasourceKey.Definition.Name, CheckDatasource),
        (LayoutKey.Definition.Name, (value, _, lint) => LayoutKey.DeviceOf((YamlMapping)value, lint.Report)),
        (UnpackImagesKey.Definition.Name, (value, key, lint) => ForEach(value, item =>
            lint.Try(item.Line, key, () => UnpackImagesKey.Check(item)))),
        (PackagePinsKey.Definition.Name, (value, _, lint) => PackagePinsKey.Pins((YamlMapping)value, lint.Report)),
    ];

    internal static void CheckPath(YamlMapping item, string field, string key, EntryLint lint) =>
        lint.Try(item.Line, key, () => Directories.Normalize(item.Text(field)));

    private static void ForEach(YamlNode list, Action<YamlMapping> check)
    {
        foreach (var item in YamlMapping.MappingsOf(list)) check(item);
    }

    private static void ForEachPair(YamlNode map, string key, EntryLint lint, Action<YamlScalar> check)
    {
        foreach (var (name, _) in ((YamlMapping)map).Pairs) lint.Try(name.Line, key, () => check(name));
    }

    private static void CheckOverrides(YamlNode value, string key, EntryLint lint)
    {
        foreach (var item in YamlMapping.MappingsOf(((YamlMapping)value).Find("overrides"))) SystemctlKey.IsComplete(item, lint.Report);
    }

    private static void CheckPattern(YamlNode value, string key, EntryLint lint)
    {
        if (value is YamlScalar pattern) lint.Try(pattern.Line, key, () => Pattern.Parse(pattern.Text), "invalid pattern: ");
    }

    private static void CheckArchitecture(YamlNode value, string key, EntryLint lint)
    {
        CheckPattern(value, key, lint);
        try
        {
            if (value is YamlScalar pattern && !Architectures.Any(Pattern.Parse(pattern.Text).IsMatch))
            {
                lint.Report(value.Line, key, $"'{pattern.Text}' matches none of {string.Join(", ", Architectures)}: the entry never runs",
                    isWarning: true);
            }
        }
        catch (FormatException) { } // reported above
    }

    private static void CheckServiceManager(YamlNode value, string key, EntryLint lint)
    {
        if (value is YamlScalar { Text: var manager } && manager.ToLowerInvariant() is not ("systemd" or "openrc"))
            lint.Report(value.Line, key, $"'{manager}' is neither systemd nor openrc: the entry never runs", isWarning: true);
    }

    private static void CheckScripts(YamlNode value, string key, EntryLint lint)
    {
        foreach (var script in YamlMapping.TextsOf(value)) lint.CheckScript(script, key);
    }

    private static void CheckCondition(YamlNode value, string key, EntryLint lint)
    {
        CheckScripts(value, key, lint);
        foreach (var script in YamlMapping.TextsOf(value))
        {
            if (ShellCondition.HasOpenTest(script.Text))
                lint.Report(script.Line, key, "a command [ has no ] at its end, so the condition never holds; to fix: end it with ]", true);
        }
    }

    private static void CheckEnvironment(YamlNode value, string key, EntryLint lint)
    {
        foreach (var (name, setting) in ((YamlMapping)value).Pairs)
        {
            lint.Try(name.Line, key, () => EnvironmentKey.CheckName(name.Text));
            if (setting is YamlScalar text) lint.CheckTemplate(text, key);
        }
    }

    private static void CheckEntities(YamlNode value, string key, EntryLint lint) => ForEach(value, item =>
    {
        var text = item.Text("entity") ?? "";
        lint.CheckTemplate(text, item.Line, key);
        if (!Template.IsTemplate(text)) lint.Try(item.Line, key, () => EntityText.Parse(text, item.Line, key, lint.Report));
    });

    private static void CheckDirectory(YamlMapping item, string key, EntryLint lint)
    {
        CheckPath(item, "path", key, lint);
        lint.Try(item.Line, key, () => Ownership.Check(item));
    }

    private static void CheckDatasource(YamlNode value, string key, EntryLint lint)
    {
        if (DatasourceKey.Providers((YamlMapping)value, lint.Report).Count > 0)
            lint.Try(value.Line, key, () => DatasourceKey.Target((YamlMapping)value));
    }

    private static void CheckHostName(YamlNode value, string key, EntryLint lint)
    {
        if (value is not YamlScalar name) return;
        var text = name.Text;
        lint.Try(name.Line, key, () => text = Template.Render(name.Text, SampleName));
        // The values of a machine have other lengths.
        if (!Template.IsTemplate(name.Text)) lint.Try(name.Line, key, () => HostnameKey.Check(text.Trim()));
    }

    private static void CheckFile(YamlMapping file, string key, EntryLint lint)
    {
        CheckDirectory(file, key, lint);
        var encoding = file.Text("encoding") ?? "";
        if (!ContentEncoding.IsKnown(encoding))
            lint.Report(file.Line, key + ".encoding", $"unknown encoding '{encoding}': the content is written unchanged", isWarning: true);
        if (encoding is "" or "text/plain")
        {
            lint.CheckTemplate(file.Text("content") ?? "", file.Line, key + ".content");
            return;
        }
        lint.Try(file.Line, key, () =>
        {
            var content = ContentEncoding.Decode(file.Text("content") ?? "", encoding,
                reason => lint.Report(file.Line, key + ".content", $"{file.Text("path")}: {reason}", isWarning: true));
            if (ContentEncoding.IsTemplate(content)) lint.CheckTemplate(Encoding.UTF8.GetString(content), file.Line, key + ".content");
        });
    }

    private static void CheckUsers(YamlNode value, string key, EntryLint lint)
    {
        foreach (var (name, fields) in ((YamlMapping)value).Pairs)
        {
            lint.Try(name.Line, key, () => AccountFile.CheckName(name.Text));
            if (fields is YamlMapping user) CheckUser(name, user, key, lint);
        }
    }

    private static void CheckUser(YamlScalar name, YamlMapping user, string key, EntryLint lint)
    {
        lint.Try(user.Line, key + ".uid", () => NewUser.WantedId(user.Text("uid")));
        lint.Try(user.Line, key, () => UsersKey.Check(user));
        if (NewUser.LeadingZero(user.Text("uid")) is { } zero)
            lint.Report(user.Line, key + ".uid", $"{name.Text}: {zero}", isWarning: true);
        if (user.Find("passwd") is YamlScalar { IsNull: false, Text: "" } && user.Boolean("lock_passwd") is null)
            lint.Report(name.Line, key + ".passwd", UsersKey.EmptyPassword(name.Text), isWarning: true);
    }
}
