namespace KairosBoot.CloudConfig.Booted;

/// <summary>Finds the faults of an entry that its keys would report when it runs, without running it.</summary>
/// <param name="stage">The stage of the entry.</param>
/// <param name="keys">Its keys. Their values fit the schemas.</param>
/// <param name="scripts">Checks the scripts; null: they are not checked.</param>
/// <param name="report">Gets each finding.</param>
internal sealed class EntryLint(string stage, YamlMapping keys, ScriptLint? scripts, Finding report)
{
    // The values that any machine can have. A real machine may lack some of them.
    private static readonly string[] Groups = ["node", "os", "kernel", "product", "board", "chassis", "bios"],
        Lists = ["network", "storage"], Texts = ["Random", "ProtectedID"];
    private static readonly TemplateFields SampleMachine = TemplateFields.Under("Values", new TemplateFields(SampleValue));

    internal const string Sample = "0123456789abcdef0123456789abcdef";
    private const int SampleDevices = 64;

    internal void Check()
    {
        foreach (var key in EntryKeys.Actions)
        {
            if (key.WorksIn == KeyPlace.Booted && StageNames.IsOfInitrd(stage) && keys.Find(key.Name) is { } value)
            {
                Report(value.Line, key.Name,
                    $"has no effect in {stage}: it works only in stages of the booted system, such as boot or network", true);
            }
        }
        foreach (var (key, check) in KeyChecks.All)
            if (keys.Find(key) is { } value) check(value, key, this);
        if (stage.Split('.')[0] != "initramfs") return;
        foreach (var (key, value) in keys.Pairs) CheckSysroot(value, key.Text);
    }

    /// <summary>Only the stage rootfs has the image at /sysroot.</summary>
    private void CheckSysroot(YamlNode node, string key)
    {
        const string Sysroot = "/sysroot/";
        if (node is YamlScalar text && text.Text.Contains(Sysroot, StringComparison.Ordinal))
            Report(text.Line, key, "/sysroot does not exist in this stage: the image is /; to fix: remove /sysroot from the path", true);
        foreach (var item in (node as YamlSequence)?.Items ?? []) CheckSysroot(item, key);
        foreach (var (name, value) in (node as YamlMapping)?.Pairs ?? [])
            if (name.Text != "content") CheckSysroot(value, key);
    }

    internal void Report(int line, string key, string reason, bool isWarning) => report(line, key, reason, isWarning);

    internal void CheckTemplate(YamlScalar text, string key) => CheckTemplate(text.Text, text.Line, key);

    /// <summary>A template that fails keeps its text, so the finding is a warning.</summary>
    internal void CheckTemplate(string text, int line, string key)
    {
        if (!Template.IsTemplate(text)) return;
        try
        {
            if (Template.HasMissingValue(text, SampleMachine))
                Report(line, key, "its template uses a value that no machine has", isWarning: true);
        }
        catch (TemplateException e) { Report(line, key, $"template not filled in: {e.Message}", isWarning: true); }
    }

    internal void CheckScript(YamlScalar script, string key)
    {
        CheckTemplate(script, key);
        var line = script.Line;
        if (!Template.IsTemplate(script.Text)) scripts?.Add(script.Text, fault => Report(line, key, fault.Reason, fault.IsWarning));
    }

    /// <summary>Reports the exception that a parser throws.</summary>
    internal void Try(int line, string key, Action parse, string prefix = "")
    {
        try { parse(); }
        catch (Exception e) when (e is FormatException or TemplateException) { Report(line, key, prefix + e.Message, isWarning: false); }
    }

    private static object? SampleValue(string name)
    {
        if (Texts.Contains(name)) return Sample;
        if (Groups.Contains(name)) return new TemplateFields(_ => Sample);
        return Lists.Contains(name) ? Enumerable.Repeat<object?>(new TemplateFields(_ => Sample), SampleDevices).ToList() : null;
    }
}
