using System.Text;

namespace KairosBoot.CloudConfig;

/// <summary>A word or an operator of a shell line.</summary>
/// <param name="Text">Without its quotes.</param>
/// <param name="IsOperator">One of <c>&amp;&amp; || ( )</c>, or a newline.</param>
internal readonly record struct ShellWord(string Text, bool IsOperator)
{
    /// <summary>
    /// Splits a text into words and operators. Null if the text contains an expansion, a glob, a redirection, a pipe, a semicolon or
    /// anything else that needs a shell.
    /// </summary>
    internal static List<ShellWord>? Split(string text)
    {
        var words = new List<ShellWord>();
        for (var i = 0; i < text.Length;)
        {
            var c = text[i];
            if (c is ' ' or '\t')
            {
                i++;
            }
            else if (c == '\\' && i + 1 < text.Length && text[i + 1] == '\n')
            {
                i += 2;
            }
            else if (c is '\n' or '(' or ')')
            {
                i = Operator(words, text[i..(i + 1)], i + 1);
            }
            else if (c is '&' or '|')
            {
                if (i + 1 >= text.Length || text[i + 1] != c) return null;
                i = Operator(words, text[i..(i + 2)], i + 2);
            }
            else if (c == '#')
            {
                i = text.IndexOf('\n', i) is var end and >= 0 ? end : text.Length;
            }
            else if (Word(text, ref i) is { } word)
            {
                words.Add(new ShellWord(word, IsOperator: false));
            }
            else
            {
                return null;
            }
        }
        return words;
    }

    private static int Operator(List<ShellWord> words, string text, int next)
    {
        words.Add(new ShellWord(text, IsOperator: true));
        return next;
    }

    private static string? Word(string text, ref int i)
    {
        var word = new StringBuilder();
        var isQuoted = false;
        for (; i < text.Length; i++)
        {
            var c = text[i];
            if (c is ' ' or '\t' or '\n' or '(' or ')' or '&' or '|') break;
            if (c is '\'' or '"')
            {
                isQuoted = true;
                if (!Quoted(text, ref i, word)) return null;
            }
            else if (c == '\\')
            {
                if (++i >= text.Length || text[i] == '\n') return null;
                isQuoted = true;
                word.Append(text[i]);
            }
            // A carriage return is part of the word, and a NUL cannot be passed to a program.
            else if (c is '\r' or '\0' or ';' or '$' or '`' or '*' or '?' or '<' or '>' or '{' or '}' or '~')
            {
                return null;
            }
            // A lone '[' is the test command, not a pattern.
            else if (c is '[' && (word.Length > 0 || i + 1 < text.Length && text[i + 1] is not (' ' or '\t')))
            {
                return null;
            }
            else
            {
                word.Append(c);
            }
        }
        // A quoted "!" is a word and not the operator.
        return isQuoted && word is { Length: 1 } && word[0] == '!' ? null : word.ToString();
    }

    private static bool Quoted(string text, ref int i, StringBuilder word)
    {
        var quote = text[i++];
        for (; i < text.Length && text[i] != quote; i++)
        {
            if (quote == '"' && text[i] is ('$' or '`')) return false;
            if (quote == '"' && text[i] == '\\' && i + 1 < text.Length && text[i + 1] is ('"' or '\\')) i++;
            else if (quote == '"' && text[i] == '\\' && i + 1 < text.Length && text[i + 1] is ('$' or '`' or '\n')) return false;
            word.Append(text[i]);
        }
        return i < text.Length;
    }
}
