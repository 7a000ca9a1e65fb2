using System.Text;

namespace KairosBoot.Plan;

/// <summary>What all texts for other programs have in common: the characters that none of them takes, and the refusals.</summary>
public static class ToolText
{
    private const int MaxShown = 80;

    /// <summary>Refuses control characters. In most programs a line feed starts a new command, in debugfs a carriage return too; a NUL ends the text early.</summary>
    /// <param name="text">What is to be written.</param>
    /// <param name="program">The program that would read it.</param>
    /// <exception cref="OperatorException">It has one.</exception>
    public static string RequirePlain(string text, string program)
    {
        foreach (var c in text)
            if (char.IsControl(c)) throw Refused(text, $"contains the control character U+{(int)c:X4}, which cannot be written for {program}");
        return text;
    }

    /// <summary>Refuses what is no path of a member of a tree: relative, without <c>.</c>, <c>..</c> and empty parts.</summary>
    public static string RequireMember(string path, string program)
    {
        foreach (var part in path.Split('/'))
            if (part is "" or "." or "..") throw Refused(path, $"is no path inside a tree, as {program} would read it");
        return RequirePlain(path, program);
    }

    /// <summary>Refuses a line that the program would read as two, or not at all.</summary>
    /// <param name="line">Without its line feed.</param>
    /// <param name="maxBytes">What the program reads as one line, the line feed left out.</param>
    /// <param name="program">The program.</param>
    internal static byte[] RequireLine(string line, int maxBytes, string program)
    {
        var bytes = FileName.Encode(line);
        var length = bytes.AsSpan().IndexOf((byte)0);
        if (length != bytes.AsSpan().TrimEnd((byte)0).Length) throw Refused(line, $"contains a NUL, which cannot be written for {program}");
        if (length > maxBytes) throw Refused(line, $"has {length} bytes; {program} reads lines of at most {maxBytes}");
        return bytes[..length];
    }

    internal static OperatorException Refused(string text, string why) => new($"'{Show(text)}' {why}", "rename or remove it in the tree or archive that it comes from");

    /// <summary>For a message: short, and without characters that a terminal acts on.</summary>
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
