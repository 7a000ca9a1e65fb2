using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using System.Text.Json;

namespace KairosBoot.Cli;

/// <summary>One JSON object on standard output.</summary>
internal static class JsonOutput
{
    private const string OptionName = "--json";

    /// <summary>Makes a command print JSON.</summary>
    internal static Option<bool> Option => new(OptionName) { Description = "Print JSON" };

    /// <summary>The command has printed its object. A failure after that must not print a second one.</summary>
    internal static bool IsWritten { get; private set; }

    /// <summary>Whether the command line has the option.</summary>
    internal static bool IsRequested(ParseResult parsed)
    {
        for (SymbolResult? result = parsed.CommandResult; result is not null; result = result.Parent)
        {
            if (result is CommandResult { Command: { } command }
                && command.Options.OfType<Option<bool>>().Any(option => option.Name == OptionName && parsed.GetValue(option)))
            {
                return true;
            }
        }

        return false;
    }

    internal static void Write(Action<Utf8JsonWriter> members)
    {
        // All of it first: a failure must not leave the beginning of an object.
        var text = ToText(members);
        IsWritten = true;
        Console.Write(text);
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
