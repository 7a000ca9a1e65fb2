using System.Text;

namespace KairosBoot.Plan.Tests;

/// <summary>Readers of the tools' grammars, derived from the tools' sources and not from our writers.</summary>
internal static class ScriptReaders
{
    /// <summary>The commands that debugfs 1.47 executes: source_file() of debugfs.c, then ss_execute_line() and ss_parse() of
    /// libss.</summary>
    internal static List<string[]> DebugFs(byte[] script)
    {
        var commands = new List<string[]>();
        for (var at = 0; at < script.Length;)
        {
            // fgets(buf, BUFSIZ): up to 8191 bytes, or a line feed.
            var rest = script.AsSpan(at, Math.Min(8191, script.Length - at));
            var feed = rest.IndexOf((byte)'\n');
            var buffer = feed < 0 ? rest : rest[..(feed + 1)];
            at += buffer.Length;
            if (buffer.IndexOf((byte)0) is var nul and >= 0) buffer = buffer[..nul];
            if (buffer is [(byte)'#', ..]) continue;
            if (buffer.IndexOfAny((byte)'\n', (byte)'\r') is var end and >= 0) buffer = buffer[..end];
            buffer = buffer.TrimStart(" \t"u8);
            commands.Add(buffer is [(byte)'!', ..] ? ["!shell"] : Words(buffer));
        }
        return commands;
    }

    private static string[] Words(ReadOnlySpan<byte> line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        bool inWord = false, inQuotes = false;
        for (var i = 0; i < line.Length; i++)
        {
            var c = (char)line[i];
            if (inQuotes && c == '"' && i + 1 < line.Length && line[i + 1] == '"')
            {
                word.Append(line[i++] == '"' ? '"' : c);
            }
            else if (c == '"')
            {
                inWord = (inQuotes = !inQuotes) || inWord;
            }
            else if (!inQuotes && c is ' ' or '\t' or '\v' or '\f')
            {
                Flush();
            }
            else
            {
                inWord = true;
                word.Append(c);
            }
        }
        if (inQuotes) throw new FormatException("unbalanced quotes");
        Flush();
        return [.. words];

        void Flush()
        {
            if (inWord) words.Add(word.ToString());
            word.Clear();
            inWord = false;
        }
    }

    /// <summary>The definitions that mksquashfs 4.5 reads: read_file() of read_file.c, then read_pseudo_def() of pseudo.c. File name,
    /// type, and the rest.</summary>
    internal static List<(string Name, char Type, string Arguments)> Squashfs(byte[] file)
    {
        var definitions = new List<(string, char, string)>();
        var line = new StringBuilder();
        foreach (var physical in Encoding.Latin1.GetString(file).Split('\n'))
        {
            if (physical.Length >= 16384) throw new FormatException("line too long");
            var text = physical.Split('\0')[0];
            if (text.EndsWith('\\') && !text.EndsWith("\\\\"))
            {
                line.Append(text.AsSpan(0, text.Length - 1));
                continue;
            }
            var definition = line.Append(text).ToString().TrimStart(' ', '\t', '\v', '\f', '\r');
            line.Clear();
            if (definition.Length == 0 || definition[0] == '#') continue;
            definitions.Add(Definition(definition));
        }
        return definitions;
    }

    private static (string, char, string) Definition(string text)
    {
        var name = new StringBuilder();
        var isQuoted = false;
        var i = 0;
        for (; i < text.Length && (isQuoted || text[i] is not (' ' or '\t' or '\v' or '\f' or '\r')); i++)
        {
            if (text[i] == '"') isQuoted = !isQuoted;
            else if (text[i] != '\\') name.Append(text[i]);
            else if (++i < text.Length) name.Append(text[i]);
        }
        var rest = text[i..].TrimStart();
        return (name.ToString().TrimStart('/'), rest[0], rest[1..].TrimStart());
    }
}
