using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// <c>environment</c>: merges variables into an env file: <c>environment_file</c> or /etc/environment. Configs write the layout of the boot
/// with it.
/// </summary>
internal static class EnvironmentKey
{
    internal const string FileField = "environment_file";
    internal const string DefaultFile = "/etc/environment";
    private const int DirectoryMode = Octal.O744;

    internal static readonly StageKey Definition =
        new("environment", Schema.MapOf(Schema.Text), (value, run) => run.Attempt(value.Line, "environment", () =>
    {
        var path = Directories.Normalize(run.Keys.Text(FileField) is { Length: > 0 } given ? given : DefaultFile);
        var variables = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var parents = new NewDirectories(DirectoryMode);
        using var place = run.Memory.Walker.Place(path, parents);
        ReadInto(variables, place, value.Line, run);
        foreach (var (name, text) in ((YamlMapping)value).Pairs)
        {
            run.Attempt(name.Line, "environment", () => variables[CheckName(name.Text)] =
                text is YamlScalar { IsNull: false } scalar ? run.Render(scalar.Text, scalar.Line, "environment") : "");
        }
        var existing = place.Found;
        var (uid, gid) = Ownership.Kept(place, existing);
        AtomicFile.Write(place, existing, Encoding.UTF8.GetBytes(Format(variables)), FilePermissions.File, uid, gid, parents, run.Memory);
        run.Executed($"environment {path}");
    }))
        {
            OnlyWritesFiles = true,
        };

    private static void ReadInto(SortedDictionary<string, string> variables, FilePlace place, int line, EntryRun run)
    {
        if (place.TryReadText(ReadLimit.SystemFile) is not { } text) return;
        var existing = EnvFile.Parse(text);
        foreach (var (name, value) in existing.Values) variables[name] = value;
        foreach (var problem in existing.Problems) run.Warn(line, "environment", $"{place.Path}:{problem.Line} dropped: {problem.Reason}");
    }

    /// <summary>Throws <see cref="FormatException"/> for a text that is not a variable name.</summary>
    internal static string CheckName(string name)
    {
        var isValid = name.Length > 0;
        foreach (var c in name) isValid &= char.IsAsciiLetterOrDigit(c) || c is '_' or '.';
        return isValid ? name : throw new FormatException($"'{name}' is not a variable name");
    }

    /// <summary>In the format of godotenv: sorted, whole numbers without quotes, everything else in double quotes.</summary>
    internal static string Format(SortedDictionary<string, string> variables)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in variables)
        {
            text.Append(name).Append('=');
            // Without quotes only if it reads back as the same text: 007 is not 7.
            if (long.TryParse(value, out var number) && number.ToString() == value) text.Append(value);
            else AppendQuoted(text, value);
            text.Append('\n');
        }
        return text.ToString();
    }

    private static void AppendQuoted(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            if (c is '\\' or '"' or '!' or '$' or '`') text.Append('\\').Append(c);
            else if (c == '\n') text.Append("\\n");
            else if (c == '\r') text.Append("\\r");
            else text.Append(c);
        }
        text.Append('"');
    }
}
