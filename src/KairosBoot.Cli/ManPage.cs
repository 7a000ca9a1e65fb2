using System.CommandLine;
using System.CommandLine.Completions;
using System.Text;

namespace KairosBoot.Cli;

/// <summary>The manual page of a verb: roff with the macros of man(7), from the verb's definition.</summary>
internal sealed class ManPage
{
    private const string Section = "8";

    private readonly StringBuilder text = new();

    private ManPage(IReadOnlyList<Command> path, string version)
    {
        var command = path[^1];
        var words = string.Join(' ', path.Select(Name));
        Macro(".TH", Page(path).ToUpperInvariant(), Section, "", $"kboot {version}", "KairosBoot");
        Macro(".SH", "NAME");
        Line($"{Escape(Page(path))} \\- {Escape(FirstSentence(command.Description ?? ""))}");
        Macro(".SH", "SYNOPSIS");
        Line($"{Bold(words)}{string.Concat(command.Arguments.Select(Usage))} [{Italic("OPTION")} ...]");
        if (command.Subcommands.Any(IsShown)) Line($".br\n{Bold(words)} {Italic("COMMAND")} ...");
        Macro(".SH", "DESCRIPTION");
        Line(Escape(command.Description ?? ""));
        Commands(path);
        Arguments(command);
        Options(path);
        Macro(".SH", "EXIT STATUS");
        foreach (var (code, meaning) in Invocation.ExitCodes) Paragraph(Escape(code), Escape(meaning));
        if (path.Count == 1) return;
        Macro(".SH", "SEE ALSO");
        Line(string.Join(", ", Enumerable.Range(1, path.Count - 1).Select(count => Reference([.. path.Take(count)]))));
    }

    /// <summary>The pages of all verbs that help shows.</summary>
    /// <returns>File names and contents.</returns>
    internal static IEnumerable<(string File, string Text)> All(RootCommand root, string version) => Below([root], version);

    private static IEnumerable<(string File, string Text)> Below(IReadOnlyList<Command> path, string version) =>
        path[^1].Subcommands.Where(IsShown).SelectMany(verb => Below([.. path, verb], version))
            .Prepend(($"{Page(path)}.{Section}", new ManPage(path, version).text.ToString()));

    private void Commands(IReadOnlyList<Command> path)
    {
        var verbs = path[^1].Subcommands.Where(IsShown).ToList();
        if (verbs.Count == 0) return;
        Macro(".SH", "COMMANDS");
        foreach (var verb in verbs)
            Paragraph($"{Bold(verb.Name)}, see {Reference([.. path, verb])}", Escape(verb.Description ?? ""));
    }

    private void Arguments(Command command)
    {
        if (command.Arguments.Count == 0) return;
        Macro(".SH", "ARGUMENTS");
        foreach (var argument in command.Arguments) Paragraph(Italic(argument.Name), Sentence(argument.Description));
    }

    private void Options(IReadOnlyList<Command> path)
    {
        Macro(".SH", "OPTIONS");
        // Those of the verbs above that are valid for this one too come last, as in help.
        foreach (var option in path[^1].Options.Concat(path.SkipLast(1).Reverse().SelectMany(verb => verb.Options)
            .Where(option => option.Recursive)).Where(option => !option.Hidden))
        {
            var values = Values(option);
            var names = string.Join(", ", option.Aliases.Where(alias => alias.StartsWith('-')).Order(StringComparer.Ordinal)
                .Append(option.Name).Select(Bold));
            var takesValue = option.Arity.MinimumNumberOfValues > 0;
            Paragraph(takesValue ? $"{names} {Italic(option.HelpName ?? "VALUE")}" : names, Sentence(option.Description) +
                (takesValue && values.Length > 0 ? $"\nValues: {Escape(values)}." : "") +
                (takesValue && option.HasDefaultValue && option.GetDefaultValue()?.ToString() is { Length: > 0 } value
                    ? $"\nDefault: {Escape(value)}." : "") + (option.Required ? "\nThis option is required." : ""));
        }
    }

    private static string Values(Option option) =>
        string.Join(", ", option.GetCompletions(CompletionContext.Empty).Select(item => item.Label));

    private static string Usage(Argument argument)
    {
        var name = Italic(argument.Name) + (argument.Arity.MaximumNumberOfValues > 1 ? " ..." : "");
        return argument.Arity.MinimumNumberOfValues == 0 ? $" [{name}]" : $" {name}";
    }

    private void Paragraph(string term, string description) => text.Append($".TP\n{term}\n{description}\n");

    private void Line(string line) => text.Append(line).Append('\n');

    private void Macro(string macro, params string[] words) =>
        text.Append(macro).Append(string.Concat(words.Select(word => $" \"{Escape(word)}\""))).Append('\n');

    private static bool IsShown(Command command) => !command.Hidden;

    // The parser's name of the first one is that of the running program.
    private static string Name(Command command) => command is RootCommand ? "kboot" : command.Name;

    private static string Page(IEnumerable<Command> path) => string.Join('-', path.Select(Name));

    private static string Reference(IEnumerable<Command> path) => $"{Bold(Page(path))}({Section})";

    private static string FirstSentence(string description)
    {
        var end = description.IndexOf(". ", StringComparison.Ordinal);
        return (end < 0 ? description : description[..end]).TrimEnd('.');
    }

    private static string Sentence(string? description) => Escape((description ?? "").TrimEnd('.') + ".");

    private static string Bold(string word) => $"\\fB{Escape(word)}\\fR";

    private static string Italic(string word) => $"\\fI{Escape(word)}\\fR";

    /// <summary>The text as roff prints it: no escape, no request at the start of a line, and hyphens that can be copied.</summary>
    private static string Escape(string plain)
    {
        var escaped = plain.Replace(@"\", @"\e").Replace("-", @"\-").Replace("\"", @"\(dq");
        return escaped is ['.' or '\'', ..] ? $@"\&{escaped}" : escaped;
    }
}
