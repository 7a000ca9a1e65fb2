using System.CommandLine;
using System.CommandLine.Parsing;

namespace KairosBoot.Cli;

/// <summary>Arguments and options of which only one may be given.</summary>
internal static class OneOf
{
    internal static void Require(Command command, bool isRequired, params Symbol[] symbols) => command.Validators.Add(result =>
    {
        var given = symbols.Where(symbol => IsGiven(result, symbol)).Select(symbol => symbol.Name).ToList();
        var all = $"Give one of {List(symbols.Select(symbol => symbol.Name))}";
        if (given.Count > 1)
            result.AddError($"{all}: {List(given)} are given.");
        else if (given.Count == 0 && isRequired)
            result.AddError($"{all}.");
    });

    private static bool IsGiven(CommandResult result, Symbol symbol) => symbol switch
    {
        Argument argument => result.GetResult(argument) is { Tokens.Count: > 0 },
        Option option => result.GetResult(option) is not null,
        _ => false,
    };

    private static string List(IEnumerable<string> names)
    {
        string[] all = [.. names];
        return $"{string.Join(", ", all[..^1])} and {all[^1]}";
    }
}
