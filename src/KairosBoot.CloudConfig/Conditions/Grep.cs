using System.Text;
using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary><c>grep [-q] [-s] [-i] [-v] [-w] [-E|-F] PATTERN FILE...</c>: true if a line matches.</summary>
internal static class Grep
{
    /// <summary>Null: another option, standard input, or a pattern that only grep can read.</summary>
    internal static Func<bool>? Parse(List<string> arguments)
    {
        var (options, operands) = ("", new List<string>());
        foreach (var argument in arguments)
        {
            if (operands.Count == 0 && argument.Length > 1 && argument[0] == '-') options += argument[1..];
            else operands.Add(argument);
        }

        foreach (var option in options)
            if ("qsivwEF".IndexOf(option) < 0) return null;
        if (operands.Count < 2 || operands[0].Contains('\n')) return null;

        var expression = options.Contains('F') ? Escape(operands[0]) : options.Contains('E') ? operands[0] : FromBasic(operands[0]);
        if (expression is null) return null;
        if (options.Contains('w')) expression = @"\b(?:" + expression + @")\b";
        if (options.Contains('i')) expression = "(?i)" + expression;
        try
        {
            var pattern = Pattern.Parse(expression);
            return () => Search(pattern, operands, wanted: !options.Contains('v'));
        }
        catch (FormatException) { return null; }
    }

    private static bool Search(Pattern pattern, List<string> operands, bool wanted)
    {
        for (var i = 1; i < operands.Count; i++)
        {
            if (ReadFile(operands[i]) is not { Length: > 0 } text) continue;
            foreach (var line in (text.EndsWith('\n') ? text[..^1] : text).Split('\n'))
                if (pattern.IsMatch(line) == wanted) return true;
        }
        return false;
    }

    private static string? ReadFile(string path)
    {
        // grep exits with 2 for an unreadable file, so the condition does not hold.
        try
        {
            if (Syscall.TryStat(path)?.Type is null or FileType.Directory) return null;
            var isMadeUp = path.StartsWith("/proc/", StringComparison.Ordinal) || path.StartsWith("/sys/", StringComparison.Ordinal);
            var content = isMadeUp ? BoundedFile.TryReadGenerated(path, ReadLimit.SystemFile)
                : BoundedFile.TryRead(path, ReadLimit.SystemFile);
            return content is null ? null : Encoding.UTF8.GetString(content);
        }
        catch (SyscallException) { return null; }
    }

    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (!char.IsLetterOrDigit(c) && c < 128 && c != '_') escaped.Append('\\');
            escaped.Append(c);
        }
        return escaped.ToString();
    }

    /// <summary>Converts a POSIX basic expression to an extended one. In a basic one, + ? | ( ) { } are literal unless escaped.</summary>
    private static string? FromBasic(string basic)
    {
        var extended = new StringBuilder(basic.Length);
        for (var i = 0; i < basic.Length; i++)
        {
            var c = basic[i];
            if (c == '[') return null;
            if (c == '*' && (i == 0 || basic[i - 1] == '^')) extended.Append("\\*");
            else if (c == '^' && i > 0 || c == '$' && i + 1 < basic.Length) extended.Append('\\').Append(c);
            else if (c is '+' or '?' or '|' or '(' or ')' or '{' or '}') extended.Append('\\').Append(c);
            else if (c != '\\') extended.Append(c);
            else if (++i == basic.Length || char.IsAsciiLetterOrDigit(basic[i]) || "{}()<>|".Contains(basic[i])) return null;
            else if (basic[i] is '+' or '?') extended.Append(basic[i]);
            else extended.Append('\\').Append(basic[i]);
        }
        return extended.ToString();
    }
}
