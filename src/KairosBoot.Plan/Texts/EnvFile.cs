using System.Collections.Immutable;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>A line of an env file that was ignored.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Reason">Does not include the line: env files may hold tokens.</param>
public sealed record EnvFileProblem(int Line, string Reason);

/// <summary>The variables of an env file.</summary>
/// <param name="Values">Each key once with its last value, in the order of first appearance.</param>
/// <param name="Problems">Lines that were ignored.</param>
public sealed record EnvFileResult(ImmutableArray<KeyValuePair<string, string>> Values, ImmutableArray<EnvFileProblem> Problems)
{
    /// <summary>Null: the file does not set the key.</summary>
    public string? this[string key]
    {
        get
        {
            foreach (var (name, value) in Values)
                if (name == key) return value;
            return null;
        }
    }

    /// <summary>Where each key was set last: an offset in <see cref="Text"/> for each of the values.</summary>
    internal IReadOnlyList<int> Offsets { get; init; } = [];

    internal string Text { get; init; } = "";

    /// <summary>The line of a word in a key's value, from 1: that of the key if the word comes from another variable.</summary>
    public int LineOf(string key, string word)
    {
        var at = 0;
        for (var i = 0; i < Values.Length && i < Offsets.Count; i++)
            if (Values[i].Key == key) at = Offsets[i];
        for (var found = at; (found = Text.IndexOf(word, found, StringComparison.Ordinal)) >= 0; found++)
        {
            if (!IsEdge(found - 1) || !IsEdge(found + word.Length)) continue;
            at = found;
            break;
        }
        return EnvFile.LineAt(Text, at);
    }

    // A part of a longer word is another word.
    private bool IsEdge(int at) =>
        at < 0 || at >= Text.Length || char.IsWhiteSpace(Text[at]) || Text[at] is '"' or '\'' or '=' or ':' or '\\';
}

/// <summary>
/// Env files in the syntax of godotenv, which wrote and read the layout until now: <c>K=V</c>, <c>K: V</c>, <c>export K=V</c>; <c>#</c>
/// comments, inside a line only after a space; single quotes literal, double quotes with escapes; <c>$A</c> and <c>${A}</c> are replaced by
/// earlier keys of the file. One difference: an invalid line is ignored alone, not with the rest of the file.
/// </summary>
public static class EnvFile
{
    public static EnvFileResult Parse(string text) => new Reader(text.Replace("\r\n", "\n").TrimStart('\uFEFF')).ReadAll();

    internal static int LineAt(string text, int position)
    {
        var line = 1;
        for (var i = 0; i < position && i < text.Length; i++)
            if (text[i] == '\n') line++;
        return line;
    }

    private static bool IsBlank(char c) => c is '\t' or '\v' or '\f' or '\r' or ' ' or '\u0085' or '\u00A0';

    private sealed class Reader(string text)
    {
        private readonly List<KeyValuePair<string, string>> values = [];
        private readonly List<EnvFileProblem> problems = [];
        private readonly List<int> offsets = [];
        private int position;

        public EnvFileResult ReadAll()
        {
            while (SkipToStatement())
            {
                var start = position;
                if (ReadKey() is { } key && ReadValue() is { } value) Set(key, value, start);
                else position = EndOfLine(start);
            }
            return new EnvFileResult([.. values], [.. problems]) { Text = text, Offsets = offsets };
        }

        private bool SkipToStatement()
        {
            while (position < text.Length)
            {
                if (text[position] == '#') position = EndOfLine(position);
                else if (text[position] == '\n' || IsBlank(text[position])) position++;
                else return true;
            }
            return false;
        }

        private void SkipBlanks()
        {
            while (position < text.Length && IsBlank(text[position])) position++;
        }

        private int EndOfLine(int from) => text.IndexOf('\n', from) is var end and >= 0 ? end : text.Length;

        private string? ReadKey()
        {
            const string Export = "export";
            if (string.CompareOrdinal(text, position, Export, 0, Export.Length) == 0
                && position + Export.Length < text.Length && IsBlank(text[position + Export.Length]))
            {
                position += Export.Length;
                SkipBlanks();
            }
            var start = position;
            for (; position < text.Length && text[position] != '\n'; position++)
            {
                var c = text[position];
                if (c is '=' or ':')
                {
                    var key = text[start..position].Trim();
                    position++;
                    SkipBlanks();
                    return key.Length > 0 ? key : Problem("no name before = or :");
                }
                if (!char.IsLetterOrDigit(c) && c is not ('_' or '.') && !IsBlank(c)) return Problem("not NAME=VALUE");
            }
            return Problem("not NAME=VALUE");
        }

        private string? Problem(string reason)
        {
            problems.Add(new EnvFileProblem(LineAt(text, position), reason));
            return null;
        }

        private string? ReadValue()
        {
            if (position < text.Length && text[position] is '"' or '\'') return ReadQuoted(text[position]);
            var end = EndOfLine(position);
            var line = text[position..end];
            position = end;
            for (var i = 1; i < line.Length; i++)
                if (line[i] == '#' && IsBlank(line[i - 1])) line = line[..i];
            return Expand(line.StartsWith('#') ? "" : line.Trim());
        }

        private string? ReadQuoted(char quote)
        {
            for (var i = position + 1; i < text.Length; i++)
            {
                // godotenv looks back only one character, so it cannot read the "a\\" that it writes itself.
                if (text[i] == '\\' && i + 1 < text.Length && (quote == '"' || text[i + 1] == quote)) i++;
                else if (text[i] == quote) return TakeQuoted(quote, i);
            }
            return Problem("the quote is not closed");
        }

        private string TakeQuoted(char quote, int end)
        {
            var value = text[(position + 1)..end];
            position = end + 1;
            return quote == '"' ? Expand(Unescape(value)) : value;
        }

        /// <summary>
        /// <c>\n</c> and <c>\r</c> become control characters, other escaped characters themselves; <c>\$</c> stays for
        /// <see cref="Expand"/>.
        /// </summary>
        private static string Unescape(string value)
        {
            if (!value.Contains('\\')) return value;
            var plain = new StringBuilder(value.Length);
            for (var i = 0; i < value.Length; i++)
            {
                if (value[i] != '\\' || i + 1 == value.Length || value[i + 1] == '$') plain.Append(value[i]);
                else plain.Append(value[++i] switch { 'n' => '\n', 'r' => '\r', var c => c });
            }
            return plain.ToString();
        }

        private string Expand(string value)
        {
            if (!value.Contains('$')) return value;
            var expanded = new StringBuilder(value.Length);
            for (var i = 0; i < value.Length; i++)
            {
                if (value[i] == '\\' && i + 1 < value.Length && value[i + 1] == '$') expanded.Append(value[++i]);
                else if (value[i] != '$') expanded.Append(value[i]);
                else i = ExpandName(value, i, expanded);
            }
            return expanded.ToString();
        }

        /// <summary>
        /// Position of the last character read. Names are upper-case letters, digits and <c>_</c>; a lone <c>$</c> stays.
        /// </summary>
        private int ExpandName(string value, int dollar, StringBuilder expanded)
        {
            var braced = dollar + 1 < value.Length && value[dollar + 1] == '{';
            var start = dollar + (braced ? 2 : 1);
            var end = start;
            while (end < value.Length && (char.IsAsciiLetterUpper(value[end]) || char.IsAsciiDigit(value[end]) || value[end] == '_')) end++;
            if (end == start)
            {
                expanded.Append('$');
                return dollar;
            }
            foreach (var (key, earlier) in values)
                if (key == value[start..end]) expanded.Append(earlier);
            return braced && end < value.Length && value[end] == '}' ? end : end - 1;
        }

        private void Set(string key, string value, int offset)
        {
            var pair = new KeyValuePair<string, string>(key, value);
            for (var i = 0; i < values.Count; i++)
            {
                if (values[i].Key == key)
                {
                    (values[i], offsets[i]) = (pair, offset);
                    return;
                }
            }

            values.Add(pair);
            offsets.Add(offset);
        }
    }
}
