using System.Text;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>
/// Replaces secrets in logs, scripts, command lines and env files, line by line. What a line needs to be redacted is in the tables: names
/// with a value, commands that take passwords, and forms of values.
/// </summary>
internal sealed class SecretText(KnownSecrets known)
{
    private const string Begin = "-----BEGIN ", End = "-----END ", Private = "PRIVATE KEY", Replacement = KnownSecrets.Replacement;

    // A key of 16,384 bits has about 210 lines. A block without an end must not hide the rest of a log.
    private const int MaxBlockLines = 300;

    // Their arguments or their input have a password without a name.
    private static readonly string[] Commands = ["chpasswd", "sshpass", "htpasswd", "mkpasswd", "wpa_passphrase", "| cryptsetup",
        "ssh-keygen -", "docker login", "podman login", "registry login", "oras login", "vault login", "openssl passwd"];

    private readonly StringBuilder result = new();
    private int keyLines, blockIndent = -1;
    private string hereDocumentEnd = "";

    /// <summary>The text without secrets. They are added to the known ones.</summary>
    internal static string Redact(string text, KnownSecrets known) => new SecretText(known).Run(text);

    private string Run(string text)
    {
        var lines = text.Split('\n');
        var keys = FindKeysWithoutStart(lines);
        for (var i = 0; i < lines.Length; i++)
        {
            if (i > 0) result.Append('\n');
            var line = lines[i];
            if (IsInBlock(line) || keys[i]) result.Append(Replacement);
            else result.Append(RedactLine(line));
        }

        return result.ToString();
    }

    private bool IsInBlock(string line)
    {
        if (keyLines > 0)
        {
            keyLines = line.Contains(End, StringComparison.Ordinal) ? 0 : keyLines - 1;
            return true;
        }

        if (hereDocumentEnd.Length > 0)
        {
            if (line.Trim() != hereDocumentEnd) return line.Trim().Length > 0;
            hereDocumentEnd = "";
            return false;
        }

        if (blockIndent >= 0)
        {
            if (line.Trim().Length == 0) return false;
            if (IndentOf(line) > blockIndent)
            {
                known.Add(line);
                return true;
            }

            blockIndent = -1;
        }

        return false;
    }

    /// <summary>Lines of keys whose start is missing: the end of a log may begin in the middle of one.</summary>
    private static bool[] FindKeysWithoutStart(string[] lines)
    {
        var found = new bool[lines.Length];
        var left = 0;
        for (var i = lines.Length - 1; i >= 0; i--)
        {
            left = IsEndOfKey(lines[i]) ? MaxBlockLines : left > 0 && IsEncoded(lines[i]) ? left - 1 : 0;
            found[i] = left > 0;
        }

        return found;
    }

    private static bool IsEndOfKey(string line) =>
        line.Contains(End, StringComparison.Ordinal) && line.Contains(Private, StringComparison.Ordinal)
        && !line.Contains(Begin, StringComparison.Ordinal);

    private static bool IsEncoded(string line)
    {
        var word = line.AsSpan().TrimEnd();
        word = word[(word.LastIndexOf(' ') + 1)..];
        if (word.Length is < 4 or > 80) return false;
        foreach (var c in word)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '/' or '=')) return false;
        return true;
    }

    private string RedactLine(string line)
    {
        if (Commands.FirstOrDefault(command => line.Contains(command, StringComparison.Ordinal)) is { } command)
        {
            OpenHereDocument(line);
            if (line.AsSpan().Trim().Length > command.Length && line.AsSpan().ContainsAny(" :")) return $"{Replacement} {command}";
        }

        if (TargetOf(line) is { } target)
        {
            OpenHereDocument(line);
            return $"{Replacement} > {target}";
        }

        var begin = line.IndexOf(Begin, StringComparison.Ordinal);
        if (begin >= 0 && line.IndexOf(Private, begin, StringComparison.Ordinal) > 0)
        {
            if (line.IndexOf(End, begin, StringComparison.Ordinal) < 0) keyLines = MaxBlockLines;
            line = line[..begin] + Replacement;
        }

        var scan = new SecretLine(line, known);
        var redacted = scan.Redact();
        if (scan.OpensBlock) blockIndent = IndentOf(line);
        return redacted;
    }

    private void OpenHereDocument(string line)
    {
        if (line.IndexOf("<<", StringComparison.Ordinal) is >= 0 and var here)
            hereDocumentEnd = line[(here + 2)..].Trim().TrimStart('-').Split(' ')[0].Trim('\'', '"', '\\');
    }

    /// <summary>The file that a command writes its output to, if its path is that of a secret. Null: it is not.</summary>
    private static string? TargetOf(string line)
    {
        var at = line.IndexOf("> /", StringComparison.Ordinal);
        if (at < 0) at = line.IndexOf(" >/", StringComparison.Ordinal);
        if (at < 0 || (at > 0 && line[at] == '>' && line[at - 1] is '-' or '=')) return null;
        var start = at;
        while (line[start] is ' ' or '>') start++;
        var end = line.AsSpan(start).IndexOfAny(" ;\"'|&");
        var path = end < 0 ? line[start..] : line.Substring(start, end);
        return SecretPaths.IsSecret(path) ? path : null;
    }

    private static int IndentOf(string line)
    {
        var indent = 0;
        while (indent < line.Length && line[indent] is ' ' or '\t') indent++;
        // The items of a list are deeper than their dash.
        return indent;
    }
}
