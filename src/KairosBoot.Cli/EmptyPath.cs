using System.CommandLine;
using System.CommandLine.Parsing;

namespace KairosBoot.Cli;

/// <summary>
/// Finds an option for a path that has an empty value, such as <c>--host "$HOST"</c> without that variable. Commands would take it for
/// the option's absence: that is another system, or another file.
/// </summary>
internal static class EmptyPath
{
    private static readonly string[] Places = ["FILE", "DIR", "DEV", "PATH", "REF"];

    /// <returns>A sentence; null: there is no such option.</returns>
    internal static string? Find(ParseResult parsed)
    {
        for (SymbolResult? command = parsed.CommandResult; command is CommandResult { Children: var children }; command = command.Parent)
        {
            foreach (var child in children)
            {
                var (name, place) = child switch
                {
                    OptionResult { Option: { HelpName: { } help } option } => (option.Name, help),
                    ArgumentResult { Argument: var argument } => (argument.Name, argument.Name),
                    _ => ("", ""),
                };
                if (Places.Contains(place) && child.Tokens.Any(token => token.Value.Length == 0))
                    return $"{name} is empty: give it a value, or omit it";
            }
        }

        return null;
    }
}
