using System.Text;

namespace KairosBoot.CloudConfig;

/// <summary>
/// The config in the kernel command line: a file or directory to read (<c>kairos.config_url=</c>, <c>cos.setup=</c>), and entries in dot
/// notation (<c>stages.initramfs[0].commands[0]="echo hi"</c>). Words are split as in a shell: single quotes and backslashes have a
/// meaning.
/// </summary>
public sealed class CommandLineConfig
{
    /// <summary>The file name in problems.</summary>
    internal const string File = "/proc/cmdline";
    // The upstream title of command line entries, for after.
    private const string Title = "<STDIN>";

    private readonly List<string> entryWords = [];

    /// <summary>The last option with a value; null: none.</summary>
    internal (string Option, string Value)? Source { get; private set; }

    public bool IsEmpty => Source is null && entryWords.Count == 0;

    public static CommandLineConfig Parse(string text)
    {
        var config = new CommandLineConfig();
        foreach (var word in Words(text)) config.Take(word);
        return config;
    }

    private void Take(string word)
    {
        const string Url = "kairos.config_url", Setup = "cos.setup";
        if (IsOption(word, Url) && word.Length > Url.Length + 1) Source = (Url, word[(Url.Length + 1)..]);
        // With a second "=" it is a setting of the installer and not a source.
        else if (IsOption(word, Setup) && word.Length > Setup.Length + 1 && word.IndexOf('=', Setup.Length + 1) < 0)
            Source = (Setup, word[(Setup.Length + 1)..]);
        else if (word.StartsWith("stages.", StringComparison.Ordinal) || word.StartsWith("stages[", StringComparison.Ordinal))
            entryWords.Add(word);
    }

    private static bool IsOption(string word, string name) =>
        word.StartsWith(name, StringComparison.Ordinal) && word.AsSpan(name.Length).StartsWith("=");

    /// <summary>The entries as a document. An invalid word is reported and ignored.</summary>
    internal CloudConfigDocument ToDocument(Finding report)
    {
        var stages = new DotNotation();
        foreach (var word in entryWords)
        {
            var equals = word.IndexOf('=');
            // The value may be a password.
            var key = equals < 0 ? word : word[..equals];
            try { stages.Set(key, equals < 0 ? "true" : word[(equals + 1)..]); }
            catch (FormatException e) { report(1, key, $"ignored: {e.Message}", isWarning: false); }
        }
        return CloudConfigDocument.Of(stages.ToYaml(), Title, report);
    }

    /// <summary>
    /// Splits words as a shell does. A word that starts with <c>#</c> ends its line. A word with an open quote is ignored.
    /// </summary>
    internal static List<string> Words(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var (inWord, quote) = (false, '\0');
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quote != '\'' && c == '\\')
            {
                if (++i == text.Length) return words; // a backslash at the end: the word is incomplete
                inWord = true;
                word.Append(text[i]);
            }
            else if (quote != '\0')
            {
                if (c == quote) quote = '\0';
                else word.Append(c);
            }
            else if (c is '"' or '\'')
            {
                (quote, inWord) = (c, true);
            }
            else if (char.IsWhiteSpace(c))
            {
                EndWord(words, word, ref inWord);
            }
            else if (c == '#' && !inWord)
            {
                i = text.IndexOf('\n', i) is var end and >= 0 ? end : text.Length;
            }
            else
            {
                inWord = true;
                word.Append(c);
            }
        }
        if (quote == '\0') EndWord(words, word, ref inWord);
        return words;
    }

    private static void EndWord(List<string> words, StringBuilder word, ref bool inWord)
    {
        if (inWord) words.Add(word.ToString());
        word.Clear();
        inWord = false;
    }
}
