using System.Text;
using System.Text.Json;

namespace KairosBoot.Cli;

/// <summary>One JSON object on standard output.</summary>
internal static class JsonOutput
{
    internal static void Write(Action<Utf8JsonWriter> members)
    {
        Write(Console.OpenStandardOutput(), members);
        Console.WriteLine();
    }

    /// <summary>The same as a text.</summary>
    internal static string ToText(Action<Utf8JsonWriter> members)
    {
        using var text = new MemoryStream();
        Write(text, members);
        return Encoding.UTF8.GetString(text.ToArray()) + "\n";
    }

    private static void Write(Stream output, Action<Utf8JsonWriter> members)
    {
        using var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        members(writer);
        writer.WriteEndObject();
    }

    internal static void WriteArray(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }
}
