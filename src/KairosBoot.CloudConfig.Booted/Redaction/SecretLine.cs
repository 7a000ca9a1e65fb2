using System.Text;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>Replaces the secrets of one line: <c>NAME=VALUE</c>, <c>name: value</c>, <c>--name value</c>, URLs, hashes, tokens.</summary>
internal sealed class SecretLine(string line, KnownSecrets known)
{
    private const string Replacement = KnownSecrets.Replacement;

    private readonly StringBuilder result = new();
    private int position;
    private char openQuote;

    /// <summary>The line ends with the name of a secret: its value is in the lines below it that are indented deeper.</summary>
    internal bool OpensBlock { get; private set; }

    internal string Redact()
    {
        while (position < line.Length)
        {
            var c = line[position];
            if (SecretForms.LengthAt(line, position) is > 0 and var length)
            {
                Replace(position, position + length);
            }
            else if (IsNameCharacter(c))
            {
                TakeName();
            }
            else
            {
                if (c is '"' or '\'' && !IsEscaped(position)) openQuote = openQuote == c ? '\0' : openQuote == '\0' ? c : openQuote;
                result.Append(c);
                position++;
            }
        }

        return result.ToString();
    }

    private void TakeName()
    {
        var start = position;
        while (position < line.Length && IsNameCharacter(line[position])) position++;
        var name = line.AsSpan(start, position - start);
        result.Append(name);
        if (SecretForms.IsScheme(name) && FindWord(position) is { Length: > 0 } word)
        {
            TakeCredentials(word.Start, word.Start + word.Length);
        }
        else if (SecretNames.IsSecret(name) && FindValue(start, name) is { } value)
        {
            TakeValue(value);
        }
        else if (SecretForms.IsLoginOption(name) && FindWord(position) is var login
            && line.AsSpan(login.Start, login.Length).Contains(':'))
        {
            TakeValue((login.Start, login.Start + login.Length));
        }
    }

    private void TakeCredentials(int start, int end)
    {
        if (!SecretForms.LooksRandom(line.AsSpan(start, end - start))) return;
        TakeValue((start, end));
    }

    private void TakeValue((int Start, int End) value)
    {
        var text = line[value.Start..value.End];
        if (!SecretNames.MayBeSecret(text)) return;
        result.Append(line, position, value.Start - position);
        Replace(value.Start, value.End);
        known.Add(text.Trim().Trim('"', '\''));
    }

    private void Replace(int start, int end)
    {
        // A name that was redacted already is not replaced again.
        if (!line.AsSpan(start).StartsWith(Replacement))
        {
            var secret = line[start..end];
            known.Add(secret);
            // USER:PASSWORD
            if (secret.IndexOf(':') is > 0 and var colon) known.Add(secret[(colon + 1)..]);
        }

        result.Append(Replacement);
        position = end;
    }

    /// <summary>Start and end of the value that belongs to a name that has just been read; null: it has none in this line.</summary>
    private (int, int)? FindValue(int nameStart, ReadOnlySpan<char> name)
    {
        var at = position;
        var isQuotedName = at < line.Length && line[at] is '"' or '\'' && nameStart > 0 && line[nameStart - 1] == line[at];
        if (isQuotedName) at++;
        else if (at < line.Length && line[at] == '\\' && at + 1 < line.Length && line[at + 1] is '"') at += 2;
        at = SkipSpaces(at);
        if (at < line.Length && line[at] is '=' or ':')
        {
            var isColon = line[at] == ':';
            // The path of a file, with a message about it.
            if (isColon && nameStart > 0 && line[nameStart - 1] == '/') return null;
            at = SkipSpaces(at + 1);
            if (at < line.Length && line[at] is '=' or '>' && !isColon) at = SkipSpaces(at + 1);
            return ValueAt(at, isColon, isQuotedName);
        }

        if (at == position) return null;
        if (name[0] == '-') return at < line.Length && line[at] != '-' ? ValueAt(at, isColon: false, isQuotedName) : null;
        foreach (var verb in (string[])["is ", "was "])
            if (line.AsSpan(at).StartsWith(verb)) return ValueAt(SkipSpaces(at + verb.Length), isColon: true, isQuotedName);
        return null;
    }

    private (int, int)? ValueAt(int start, bool isColon, bool isQuotedName)
    {
        var rest = line.AsSpan(start).Trim();
        // YAML: nothing, or the header of a block scalar.
        if (rest.IsEmpty || (rest[0] is '|' or '>' && rest.Length <= 3))
        {
            OpensBlock = isColon;
            return null;
        }

        if (line[start] is '"' or '\'' && (isQuotedName || openQuote == '\0')) return (start, EndOfQuoted(start + 1, line[start]));
        // JSON inside a text in quotes.
        if (line[start] == '\\' && start + 1 < line.Length && line[start + 1] == '"')
            return (start, line.IndexOf("\\\"", start + 2, StringComparison.Ordinal) is >= 0 and var end ? end + 2 : line.Length);
        if (openQuote != '\0' && !isQuotedName) return (start, EndOfQuoted(start, openQuote, isInside: true));
        return (start, isColon && !isQuotedName ? line.Length : EndOfWord(start));
    }

    private int EndOfQuoted(int from, char quote, bool isInside = false)
    {
        for (var i = from; i < line.Length; i++)
        {
            if (line[i] == quote && !IsEscaped(i)) return isInside ? i : i + 1;
        }

        return line.Length;
    }

    private int EndOfWord(int from)
    {
        const int MaxQuery = 1024;
        var start = Math.Max(0, from - MaxQuery);
        var before = line.AsSpan(start, from - start);
        var isQuery = before.LastIndexOf('?') > before.LastIndexOfAny(" \t");
        var end = from;
        while (end < line.Length && !char.IsWhiteSpace(line[end]) && !(isQuery && line[end] is '&' or '#'))
        {
            // A quoted part of a word: a"b c"d.
            if (line[end] is '"' or '\'' && !IsEscaped(end)) end = EndOfQuoted(end + 1, line[end]);
            else end++;
        }

        return Math.Min(end, line.Length);
    }

    private (int Start, int Length) FindWord(int from)
    {
        var start = from;
        while (start < line.Length && line[start] is ' ' or '=' or ':' or '"' or '\'') start++;
        var end = start;
        while (end < line.Length && line[end] is not (' ' or '\t' or '"' or '\'' or ',')) end++;
        return start == from ? (start, 0) : (start, end - start);
    }

    private int SkipSpaces(int at)
    {
        while (at < line.Length && line[at] is ' ' or '\t') at++;
        return at;
    }

    private bool IsEscaped(int at) => at > 0 && line[at - 1] == '\\';

    private static bool IsNameCharacter(char c) => char.IsLetterOrDigit(c) || c is '_' or '-' or '.';
}
