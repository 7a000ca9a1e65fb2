using System.Text.Json;
using KairosBoot.Image;

namespace KairosBoot.Cli;

/// <summary>The layout of a disk for a program.</summary>
internal static class DiskJson
{
    /// <summary>Writes the member <c>partitions</c> of the current object.</summary>
    internal static void WritePartitions(Utf8JsonWriter writer, DiskLayout layout)
    {
        writer.WriteStartArray("partitions");
        foreach (var partition in layout.Partitions)
        {
            writer.WriteStartObject();
            writer.WriteNumber("number", partition.Number);
            writer.WriteString("name", partition.Name);
            writer.WriteString("label", partition.Label);
            writer.WriteString("fileSystem", partition.FileSystem);
            writer.WriteNumber("start", partition.Start);
            writer.WriteNumber("bytes", partition.Size);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
