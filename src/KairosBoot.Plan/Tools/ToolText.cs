using System.Text;

namespace KairosBoot.Plan;

/// <summary>Rules for text that another program reads: characters that no program accepts, and the errors for them.</summary>
public static class ToolText
{
    private const int MaxShown = 200;

    /// <summary>
    /// Refuses control characters. In most programs a line feed starts a new command, in debugfs also a carriage return; a NUL ends the
    /// text early.
    /// </summary>
    /// <param name="text">The text to write.</param>
    /// <param name="program">The program that reads it.</param>
    /// <exception cref="OperatorException">It has a control character.</exception>
    public static string RequirePlain(string text, string program)
    {
        foreach (var c in text)
        {
            if (char.IsControl(c))
                throw Refused(text, $"contains the control character U+{(int)c:X4}, which cannot be written for {program}");
        }

        return text;
    }

    /// <summary>Refuses a path that is not relative or has <c>.</c>, <c>..</c> or empty parts.</summary>
    public static string RequireMember(string path, string program)
    {
        if (!PathParts.IsPlainMember(path))
            throw Refused(path, $"is not a path that {program} can read: a part of it is empty, '.' or '..'");
        return RequirePlain(path, program);
    }

    /// <summary>Refuses a line that the program would read as two lines or not at all.</summary>
    /// <param name="line">Without its line feed.</param>
    /// <param name="maxBytes">The maximum length of a line that the program reads, without the line feed.</param>
    /// <param name="program">The program.</param>
    internal static byte[] RequireLine(string line, int maxBytes, string program)
    {
        var bytes = FileName.Encode(line);
        var length = bytes.AsSpan().IndexOf((byte)0);
        if (length != bytes.AsSpan().TrimEnd((byte)0).Length) throw Refused(line, $"contains a NUL, which cannot be written for {program}");
        if (length > maxBytes) throw Refused(line, $"has {length} bytes; {program} reads lines of at most {maxBytes}");
        return bytes[..length];
    }

    internal static OperatorException Refused(string text, string why) =>
        new($"'{Show(text)}' {why}", "rename or remove it in the tree or archive that it comes from");

    /// <summary>For messages: shortened, and without characters that a terminal interprets.</summary>
    public static string Show(string text)
    {
        var shown = new StringBuilder();
        foreach (var c in text.Length > MaxShown ? text.AsSpan(0, MaxShown) : text)
        {
            if (char.IsControl(c) || char.IsSurrogate(c)) shown.Append($"\\x{(c >= 0xDC80 && c <= 0xDCFF ? c - 0xDC00 : c):x2}");
            else shown.Append(c);
        }
        return shown.Append(text.Length > MaxShown ? "..." : "").ToString();
    }
}
