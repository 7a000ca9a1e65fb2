using System.CommandLine;
using KairosBoot.CloudConfig;

namespace KairosBoot.Cli;

/// <summary>Follows the words of a command line as the parser does: the verb, its options, and what the next word is.</summary>
internal sealed class WordPosition(RootCommand root)
{
    /// <summary>The words up to the verb: <c>kboot image build</c>.</summary>
    internal string Name { get; private set; } = "kboot";

    internal Command Command { get; private set; } = root;

    /// <summary>The options that may follow.</summary>
    internal List<Option> Options { get; private set; } = [.. root.Options];

    /// <summary>The option whose value is the next word.</summary>
    internal Option? Awaited { get; private set; }

    /// <summary>How many words were arguments of the verb.</summary>
    internal int Arguments { get; private set; }

    /// <summary>
    /// Finds a word that is no option and no verb. The parser takes an unknown option as an argument, or as the value of the option before
    /// it: a misspelt option would be written to the kernel's command line. After <c>--</c>, every word is an argument.
    /// </summary>
    /// <returns>A sentence, and the command whose options and verbs were searched; null: there is no such word.</returns>
    internal static (string Problem, string Command)? FindUnknown(RootCommand root, IEnumerable<string> words)
    {
        var position = new WordPosition(root);
        foreach (var word in words.TakeWhile(word => word != "--"))
            if (position.Enter(word) is { } problem) return (problem, position.Name);
        return null;
    }

    /// <returns>A sentence if the word is no option or no verb; null: it is known, or a value or an argument.</returns>
    internal string? Enter(string word)
    {
        var startsAsOption = word.Length > 1 && word.StartsWith('-');
        if ((startsAsOption || Awaited is null) && Options.Find(option => IsNamed(option, word)) is { } named)
        {
            Awaited = named.Arity.MinimumNumberOfValues > 0 && word.IndexOfAny(['=', ':']) < 0 ? named : null;
            return null;
        }

        if (startsAsOption) return UnknownOption(word);
        if (Awaited is not null)
            Awaited = null;
        else if (Command.Subcommands.Count == 0)
            Arguments++;
        else if (Command.Subcommands.FirstOrDefault(verb => verb.Name == word) is { } verb)
            (Command, Name, Options) = (verb, $"{Name} {verb.Name}", [.. Options.Where(option => option.Recursive), .. verb.Options]);
        else
            return UnknownVerb(word);
        return null;
    }

    /// <summary>True for <c>--name</c>, <c>--name=value</c> and <c>--name:value</c>.</summary>
    internal static bool IsNamed(Option option, string word)
    {
        var end = word.IndexOfAny(['=', ':']);
        var given = end < 0 ? word : word[..end];
        return option.Name == given || option.Aliases.Contains(given);
    }

    private string UnknownOption(string word) =>
        $"{word} is not an option of {Name}" + (SpellingHint.Find(word, Options.Select(option => option.Name)) is { } nearest
            ? $"; did you mean {nearest}?" : "; a word that starts with a hyphen is written after --, a value as --option=-value");

    private string UnknownVerb(string word)
    {
        var before = Name["kboot".Length..].TrimStart() is { Length: > 0 } verbs ? verbs + " " : "";
        var known = Command.Subcommands.Where(verb => !verb.Hidden).Select(verb => verb.Name);
        return $"no such command: {before}{word}" + (SpellingHint.Find(word, known) is { } nearest
            ? $"; did you mean {before}{nearest}?" : "");
    }
}
