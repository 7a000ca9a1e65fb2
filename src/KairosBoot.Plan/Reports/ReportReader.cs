using System.Text.Json;

namespace KairosBoot.Plan;

/// <summary>Reads a report.json.</summary>
public static class ReportReader
{
    // kairos-boot writes about fifty steps. A foreign file must not make a picture with a million bars.
    private const int MaxItems = 2000, MaxText = 4096;

    // A day: longer times are not those of a boot.
    private const long MaxMicroseconds = 86_400_000_000;

    /// <summary>Null: it is not the JSON of a report.</summary>
    public static ReportedBoot? TryRead(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("verdict", out _)
                ? Read(root) : null;
        }
        // Also InvalidOperationException: text with an escaped lone surrogate.
        catch (Exception e) when (e is JsonException or InvalidOperationException) { return null; }
    }

    private static ReportedBoot Read(JsonElement root)
    {
        var assessment = Member(root, "assessment", JsonValueKind.Object);
        return new()
        {
            Verdict = Text(root, "verdict"), Slot = SlotNames.TryParse(Text(root, "slot")), ImageId = Text(root, "imageId"),
            Why = ChoiceReasons.TryParse(Text(root, "why")), Kernel = Text(root, "kernel"),
            TriesLeft = root.TryGetProperty("triesLeft", out var left) && left.ValueKind == JsonValueKind.Number ? Time(root, "triesLeft")
                : null,
            First = Members(assessment).Select(member => SlotNames.TryParse(member.Name)).FirstOrDefault(slot => slot is not null),
            GivenUp = Text(assessment, "givenUp"),
            KernelMicroseconds = Time(root, "kernelMicroseconds"), StageMicroseconds = Time(root, "stageMicroseconds"),
            Phases = [.. Members(Member(root, "phases", JsonValueKind.Object)).Take(MaxItems).Select(phase => (Short(phase.Name),
                Microseconds(phase.Value)))],
            Problems = [.. Items(root, "problems").Select(problem => (Text(problem, "class"), Text(problem, "text")))],
            ConfigProblems = [.. Items(root, "cloudConfigProblems").Select(problem =>
                ($"{Text(problem, "file")}:{Time(problem, "line")}", Text(problem, "reason"), Text(problem, "severity") == "warning"))],
            Steps = [.. Items(root, "steps").Select(step => new ReportedStep(Text(step, "command"), Text(step, "class"),
                Text(step, "result"), Time(step, "startMicroseconds"), Time(step, "microseconds"),
                Text(step, "error") is { Length: > 0 } error ? error : null))],
        };
    }

    private static JsonElement? Member(JsonElement? of, string name, JsonValueKind kind) =>
        of is { ValueKind: JsonValueKind.Object } known && known.TryGetProperty(name, out var value) && value.ValueKind == kind
            ? value : null;

    private static IEnumerable<JsonProperty> Members(JsonElement? of) => of is { } known ? known.EnumerateObject() : [];

    private static IEnumerable<JsonElement> Items(JsonElement of, string name) =>
        Member(of, name, JsonValueKind.Array) is { } list ? list.EnumerateArray().Take(MaxItems) : [];

    private static string Text(JsonElement? of, string name) =>
        Member(of, name, JsonValueKind.String) is { } value ? Short(value.GetString()!) : "";

    private static string Short(string text) => text.Length <= MaxText ? text : text[..MaxText];

    private static long Time(JsonElement of, string name) => Member(of, name, JsonValueKind.Number) is { } value ? Microseconds(value) : 0;

    private static long Microseconds(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? Math.Clamp(number, 0, MaxMicroseconds) : 0;
}
