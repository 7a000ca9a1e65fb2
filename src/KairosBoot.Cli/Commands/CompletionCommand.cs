using System.CommandLine;

namespace KairosBoot.Cli;

/// <summary><c>kboot completion</c>, and the hidden <c>kboot complete</c>, which the printed scripts run.</summary>
internal static class CompletionCommand
{
    internal static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong([.. CompletionScripts.All.Select(script => script.Shell)]);
        var command = new Command("completion", "Print the script with which a shell completes commands, options and values of kboot.")
        {
            shell,
        };
        command.SetAction(parsed =>
            Console.Write(CompletionScripts.All.Single(script => script.Shell == parsed.GetRequiredValue(shell)).Text));
        return command;
    }

    /// <summary>Prints the kind of the completion, and then a line for each word: the word, a tab and its description.</summary>
    internal static Command CreateComplete(RootCommand root)
    {
        var words = new Argument<string[]>("WORD") { Description = "Words after kboot", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("complete", "Print the words that complete a command line, after --.") { words };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            var completion = Completion.Of(root, parsed.GetValue(words) ?? []);
            Console.WriteLine(completion.Kind);
            foreach (var (word, description) in completion.Candidates)
                Console.WriteLine(description is null ? word : $"{word}\t{description}");
        });
        return command;
    }
}
