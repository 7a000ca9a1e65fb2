using System.CommandLine;

namespace KairosBoot.Cli;

/// <summary><c>kboot help</c></summary>
internal static class HelpCommand
{
    internal const string Name = "help";

    internal static Command Create(RootCommand root)
    {
        var verb = new Argument<string[]>("VERB")
        {
            Description = "Command, for example: image build (default: list all commands)", Arity = ArgumentArity.ZeroOrMore,
        };
        verb.Validators.Add(result =>
        {
            var position = new WordPosition(root);
            foreach (var token in result.Tokens)
            {
                var problem = position.Enter(token.Value);
                if (problem is null && position.Arguments > 0) problem = $"{position.Name} has no command {token.Value}";
                if (problem is null) continue;
                result.AddError(problem);
                return;
            }
        });
        var command = new Command(Name, "Show the help of a command, as its option --help does.") { verb };
        command.SetAction(parsed => root.Parse([.. parsed.GetValue(verb) ?? [], "--help"]).Invoke(parsed.InvocationConfiguration));
        return command;
    }
}
