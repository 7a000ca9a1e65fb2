using System.CommandLine;
using System.CommandLine.Completions;

namespace KairosBoot.Cli;

/// <summary>What may stand at the end of a command line. The completion scripts of all shells ask for it.</summary>
/// <param name="Kind"><see cref="Words"/>, or the names that the shell itself adds: <see cref="Files"/>, <see cref="Directories"/>.</param>
/// <param name="Candidates">The words that fit, with their descriptions.</param>
internal sealed record Completion(string Kind, IReadOnlyList<(string Word, string? Description)> Candidates)
{
    internal const string Words = "words", Files = "files", Directories = "directories";

    private static readonly string[] FilePlaces = ["FILE", "PATH", "DISK", "DEV", "SOURCE"];

    /// <param name="root">The verbs.</param>
    /// <param name="words">The words after the program's name; the last one is incomplete and may be empty.</param>
    internal static Completion Of(RootCommand root, IReadOnlyList<string> words)
    {
        var (position, onlyArguments) = (new WordPosition(root), false);
        // After "help" stand the verbs, but no options and arguments.
        var isHelp = words.Count > 1 && words[0] == HelpCommand.Name;
        foreach (var word in words.SkipLast(1).Skip(isHelp ? 1 : 0))
        {
            // bash gives --option=value as three words.
            if (word == "=" && position.Awaited is not null) continue;
            onlyArguments |= word == "--";
            if (word != "--") position.Enter(word);
        }

        var current = words is [.., var last] ? last : "";
        if (position.Awaited is { } awaited) return OfValue(awaited, "", current == "=" ? "" : current);
        if (isHelp) return new(Words, Verbs(position, current));
        if (current.StartsWith('-') && !onlyArguments) return OfOption(position, current);
        if (position.Command.Subcommands.Count > 0) return new(Words, Verbs(position, current));
        return Argument(position) is { } argument ? OfPlace(argument.Name, argument, "", current)
            : current.Length == 0 && !onlyArguments ? OfOption(position, current) : new(Words, []);
    }

    private static Completion OfOption(WordPosition position, string current)
    {
        var end = current.IndexOf('=');
        if (end > 0)
        {
            return position.Options.Find(option => WordPosition.IsNamed(option, current)) is { } named
                ? OfValue(named, current[..(end + 1)], current) : new(Words, []);
        }

        var shown = position.Options.Where(option => !option.Hidden);
        return new(Words, Fitting(shown.Select(option => (option.Name, option.Description)), current));
    }

    private static Completion OfValue(Option option, string prefix, string current) => OfPlace(option.HelpName, option, prefix, current);

    /// <param name="place">What help writes for the value, such as <c>FILE</c>.</param>
    /// <param name="symbol">The option or the argument.</param>
    /// <param name="prefix">What stands before the value in the same word.</param>
    /// <param name="current">The incomplete word.</param>
    private static Completion OfPlace(string? place, Symbol symbol, string prefix, string current) =>
        place == "DIR" ? new(Directories, [])
        : FilePlaces.Contains(place) ? new(Files, [])
        : new(Words, Fitting(symbol.GetCompletions(CompletionContext.Empty).Select(item => (prefix + item.Label, item.Detail)), current));

    private static List<(string Word, string? Description)> Verbs(WordPosition position, string current) =>
        Fitting(position.Command.Subcommands.Where(verb => !verb.Hidden).Select(verb => (verb.Name, verb.Description)), current);

    /// <summary>The argument that the next word is; null: the verb takes no more.</summary>
    private static Argument? Argument(WordPosition position)
    {
        var before = 0;
        foreach (var argument in position.Command.Arguments)
        {
            if (position.Arguments - before < argument.Arity.MaximumNumberOfValues) return argument;
            before += argument.Arity.MaximumNumberOfValues;
        }

        return null;
    }

    private static List<(string Word, string? Description)> Fitting(IEnumerable<(string Word, string? Description)> all, string current) =>
        [.. all.Where(candidate => candidate.Word.StartsWith(current, StringComparison.Ordinal))];
}
