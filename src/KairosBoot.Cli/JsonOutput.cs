using System.Text.Json;

namespace KairosBoot.Cli;

/// <summary>One JSON object on standard output.</summary>
internal static class JsonOutput
{
    internal static void Write(Action<Utf8JsonWriter> members)
    {
        using (var writer = new Utf8JsonWriter(Console.OpenStandardOutput(), new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        Console.WriteLine();
    }

    internal static void WriteArray(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }
}
