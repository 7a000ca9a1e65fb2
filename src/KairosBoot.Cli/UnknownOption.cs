using System.CommandLine;
using KairosBoot.CloudConfig;

namespace KairosBoot.Cli;

/// <summary>
/// Finds a word that starts with a hyphen and is no option. The parser takes such a word as an argument, or as the value of the option
/// before it: a misspelt option would be written to the kernel's command line. After <c>--</c>, every word is an argument.
/// </summary>
internal static class UnknownOption
{
    /// <returns>A sentence, and the command whose options were searched; null: there is no such word.</returns>
    internal static (string Problem, string Command)? Find(RootCommand root, IEnumerable<string> words)
    {
        Command command = root;
        var (name, options, isValue) = ("kboot", root.Options.ToList(), false);
        foreach (var word in words.TakeWhile(word => word != "--"))
        {
            if (word.Length > 1 && word.StartsWith('-'))
            {
                if (options.Find(option => IsNamed(option, word)) is not { } option) return (Problem(name, options, word), name);
                isValue = option.Arity.MinimumNumberOfValues > 0 && word.IndexOfAny(['=', ':']) < 0;
            }
            else if (isValue)
            {
                isValue = false;
            }
            else if (command.Subcommands.Count > 0)
            {
                // The parser reports an unknown verb.
                if (command.Subcommands.FirstOrDefault(verb => verb.Name == word) is not { } verb) return null;
                (command, name) = (verb, $"{name} {verb.Name}");
                options = [.. options.Where(option => option.Recursive), .. verb.Options];
            }
        }

        return null;
    }

    private static bool IsNamed(Option option, string word)
    {
        var end = word.IndexOfAny(['=', ':']);
        var given = end < 0 ? word : word[..end];
        return option.Name == given || option.Aliases.Contains(given);
    }

    private static string Problem(string command, List<Option> options, string word) =>
        $"{word} is not an option of {command}" + (SpellingHint.Find(word, options.Select(option => option.Name)) is { } nearest
            ? $"; did you mean {nearest}?" : "; a word that starts with a hyphen is written after --, a value as --option=-value");
}
