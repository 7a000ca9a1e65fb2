using System.Text.Json;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>
/// Replaces the secrets in the files of a machine. A secret that was found in one file is replaced in all files that are filtered later:
/// filter all files twice, and keep the second result.
/// </summary>
public sealed class SecretFilter
{
    private readonly KnownSecrets known = new();

    /// <summary>The configs of a directory and its subdirectories, in the order in which they run. Links to directories are not
    /// followed.</summary>
    /// <param name="directory">It may be missing.</param>
    /// <param name="report">Gets what cannot be read, and why.</param>
    public static IReadOnlyList<string> ConfigsIn(string directory, Action<string, string> report) => ConfigFiles.Of(directory, report);

    /// <summary>A log, a script, a command line, an env file.</summary>
    public string Text(string text) => known.Remove(SecretText.Redact(text, known));

    /// <summary>A cloud-config. One that cannot be parsed is replaced by a note.</summary>
    public string Config(byte[] config) => known.Remove(SecretConfig.Redact(ConfigEncoding.Decode(config), known));

    /// <summary>JSON. Text that is not JSON is replaced by a note.</summary>
    public string Json(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var text = new JsonText();
            Write(text, null, document.RootElement);
            return text.ToString();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "\"the whole content is left out: it is not JSON\"\n";
        }
    }

    private void Write(JsonText text, string? name, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                text.Object(name, members =>
                {
                    foreach (var member in value.EnumerateObject()) Write(members, member.Name, member.Value);
                });
                break;
            case JsonValueKind.Array:
                text.Array(name, items => { foreach (var item in value.EnumerateArray()) Write(items, null, item); });
                break;
            case JsonValueKind.Number when value.TryGetInt64(out var number): text.Number(name, number); break;
            case JsonValueKind.Null: text.String(name, null); break;
            case JsonValueKind.String: text.String(name, Redacted(name, value.GetString()!)); break;
            default: text.String(name, value.GetRawText()); break;
        }
    }

    // "key" in a report is the key of a config that has a problem.
    private string Redacted(string? name, string value)
    {
        if (name is null or "key" || !SecretNames.IsSecret(name)) return Text(value);
        known.Add(value);
        return KnownSecrets.Replacement;
    }
}
