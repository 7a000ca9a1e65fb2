using System.Text;
using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>
/// <c>timesyncd</c>: settings of the section <c>[Time]</c> in a drop-in for systemd-timesyncd. Other lines of the file are kept.
/// </summary>
internal static class TimesyncdKey
{
    private const string Directory = "/etc/systemd", DropIn = Directory + "/timesyncd.conf.d/10-yip.conf";
    private const string Section = "[Time]";

    internal static readonly StageKey Definition =
        new("timesyncd", Schema.MapOf(Schema.Text), (value, run) => run.Attempt(value.Line, "timesyncd", () =>
    {
        var settings = Settings((YamlMapping)value, run.Report);
        if (settings.Count == 0) return;
        if (Syscall.TryStat(Directory) is null)
            throw new FormatException($"this root has no {Directory}: the setting would have no effect");
        using var place = Directories.Walker.Place(DropIn, new NewDirectories(FilePermissions.Directory));
        AtomicFile.WriteKeepingOwner(place, Merge(place.TryReadText(ReadLimit.SystemFile) ?? "", settings));
        run.Executed("settings in " + DropIn);
    }));

    /// <summary>The valid settings.</summary>
    internal static List<(string Key, string Value)> Settings(YamlMapping timesyncd, Finding report)
    {
        var settings = new List<(string, string)>();
        foreach (var (name, setting) in timesyncd.Pairs)
        {
            var text = setting is YamlScalar { IsNull: false } scalar ? scalar.Text : "";
            if (!IsName(name.Text)) report(name.Line, "timesyncd", $"'{name.Text}' is not the name of a setting", isWarning: false);
            else if (text.AsSpan().ContainsAny("\n\r\0"))
                report(name.Line, "timesyncd", $"{name.Text}: contains a line break", isWarning: false);
            else settings.Add((name.Text, text));
        }
        return settings;
    }

    private static bool IsName(string name)
    {
        foreach (var c in name)
            if (!char.IsAsciiLetterOrDigit(c)) return false;
        return name.Length > 0;
    }

    /// <summary>The text with these settings in its section: <c>Key = value</c>, padded to the longest key.</summary>
    internal static string Merge(string text, List<(string Key, string Value)> settings)
    {
        var before = new List<string>();
        var after = new List<string>();
        var merged = new List<(string? Key, string Text)>();
        var inSection = false;
        var found = false;
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.TrimStart().StartsWith('['))
            {
                inSection = line.Trim() == Section;
                found |= inSection;
                if (inSection) continue;
            }
            if (!inSection) (found ? after : before).Add(line);
            else if (KeyOf(line) is { } key) Set(merged, key, line[(line.IndexOf('=') + 1)..].Trim());
            else merged.Add((null, line));
        }
        foreach (var (key, value) in settings) Set(merged, key, value);
        return Print(before, merged, after);
    }

    private static string? KeyOf(string line) =>
        line.TrimStart() is [not ('#' or ';'), ..] && line.IndexOf('=') is var equals and > 0 ? line[..equals].Trim() : null;

    private static void Set(List<(string? Key, string Text)> section, string key, string value)
    {
        for (var i = 0; i < section.Count; i++)
        {
            if (section[i].Key == key)
            {
                section[i] = (key, value);
                return;
            }
        }

        section.Add((key, value));
    }

    private static string Print(List<string> before, List<(string? Key, string Text)> section, List<string> after)
    {
        var longest = 0;
        foreach (var (key, _) in section) longest = Math.Max(longest, key?.Length ?? 0);
        var text = new StringBuilder();
        foreach (var line in before) text.Append(line).Append('\n');
        text.Append(Section).Append('\n');
        foreach (var (key, value) in section) text.Append(key is null ? value : $"{key.PadRight(longest)} = {value}").Append('\n');
        foreach (var line in after) text.Append(line).Append('\n');
        return text.ToString();
    }
}
