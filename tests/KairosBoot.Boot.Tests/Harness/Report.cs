using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>The report of a booted machine. An independent tool checks it against the schema.</summary>
public static class Report
{
    public static JsonElement Of(GuestShell shell) => Parse(shell.Run("cat /run/kairosboot/report.json"));

    public static JsonElement Parse(string text)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, text);
            Tool.Run("/usr/bin/python3", "-m", "jsonschema", "--instance", file, Assets.ReportSchema);
        }
        finally
        {
            File.Delete(file);
        }
        return JsonDocument.Parse(text).RootElement;
    }

    public static string[] Strings(this JsonElement array, string member) =>
        array.EnumerateArray().Select(item => item.GetProperty(member).GetString() ?? "").ToArray();
}
