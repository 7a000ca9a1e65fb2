using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>The effect of an entry on the files that a layout or a later condition reads. Its other effects are left out.</summary>
/// <param name="file">The file of the entry.</param>
/// <param name="keys">Its keys, with valid values.</param>
/// <param name="files">The files of the machine.</param>
/// <param name="preview">Gets assumptions.</param>
/// <param name="report">Gets faults.</param>
internal sealed class PreviewEntry(string file, YamlMapping keys, PreviewFiles files, StagePreview preview, Finding report)
{
    // Not applied: its effect is not known before the boot.
    private static readonly (string Key, string Assumption)[] Unknown =
    [
        ("commands", "commands are not run"),
        ("datasource", "user-data of a provider is not read"),
        ("layout", "partitions that a config adds or grows count as they are"),
    ];

    /// <summary>In the order in which keys take effect.</summary>
    internal void Apply()
    {
        foreach (var key in EntryKeys.Actions)
        {
            if (keys.Find(key.Name) is not { } value) continue;
            if (Array.Find(Unknown, row => row.Key == key.Name).Assumption is { } assumption) Assume(assumption, value.Line);
            else if (key.Name == "directories") Each(value, MakeDirectory);
            else if (key.Name == "files") Each(value, WriteFile);
            else if (key.Name == "environment") Attempt(value.Line, key.Name, () => WriteEnvironment((YamlMapping)value));
        }
    }

    private void Each(YamlNode items, Action<YamlMapping> apply)
    {
        foreach (var item in YamlMapping.MappingsOf(items)) Attempt(item.Line, "files", () => apply(item));
    }

    private void MakeDirectory(YamlMapping item) => files.MakeDirectory(Directories.Normalize(item.Text("path")));

    private void WriteFile(YamlMapping item)
    {
        var path = Directories.Normalize(item.Text("path"));
        var (text, encoding) = (item.Text("content") ?? "", item.Text("encoding") ?? "");
        var content = ContentEncoding.IsPlain(encoding) ? Encoding.UTF8.GetBytes(text) : ContentEncoding.Decode(text, encoding, _ => { });
        if (ContentEncoding.IsTemplate(content)) Assume("templates are not filled in", item.Line);
        if (item.Boolean("append") == true) content = FilesKey.Appended(files.Read(path, ReadLimit.SystemFile) ?? [], content);
        files.Write(path, content);
    }

    private void WriteEnvironment(YamlMapping variables)
    {
        var path = Directories.Normalize(keys.Text(EnvironmentKey.FileField) is { Length: > 0 } given ? given : EnvironmentKey.DefaultFile);
        var merged = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in EnvFile.Parse(files.TryReadText(path) ?? "").Values) merged[name] = value;
        foreach (var (name, value) in variables.Pairs)
        {
            var text = value is YamlScalar { IsNull: false } scalar ? scalar.Text : "";
            if (Template.IsTemplate(text)) Assume("templates are not filled in", value.Line);
            Attempt(name.Line, "environment", () => merged[EnvironmentKey.CheckName(name.Text)] = text);
        }

        files.Write(path, Encoding.UTF8.GetBytes(EnvironmentKey.Format(merged)));
    }

    private void Assume(string what, int line) => preview.Assume(what, $"{file}:{line}");

    private void Attempt(int line, string key, Action action)
    {
        try { action(); }
        catch (Exception e) when (e is FormatException or OperatorException or SyscallException)
        {
            report(line, key, StageProblem.ReasonOf(e), isWarning: false);
        }
    }
}
