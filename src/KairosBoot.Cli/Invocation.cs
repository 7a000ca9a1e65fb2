using System.CommandLine;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary>Runs a command line.</summary>
internal static class Invocation
{
    private const int Failed = 1, WrongUsage = 2;

    /// <summary>Codes and meanings, for the manual pages.</summary>
    internal static IReadOnlyList<(string Code, string Meaning)> ExitCodes =>
    [
        ("0", "Success."),
        ("1", "Failure. Standard error says what failed and how to fix it."),
        ("2", "Wrong usage. Standard error says what is wrong."),
        ("128 + N", "Signal N ended the command."),
    ];

    internal static int Run(RootCommand root, string[] args)
    {
        if (WordPosition.FindUnknown(root, args) is { } unknown) return Refuse([unknown.Problem], unknown.Command);
        ParseResult? parsed = null;
        try
        {
            // No response files: @ is the start of a word, not of the name of a file with more words.
            parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (parsed.Errors.Count > 0) return Refuse(parsed.Errors.Select(error => error.Message), CommandLine(parsed.CommandResult));
            if (EmptyPath.Find(parsed) is { } empty) return Refuse([empty], CommandLine(parsed.CommandResult));
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception failure)
        {
            return Fail(FailureText.Of(failure), parsed is not null && JsonOutput.IsRequested(parsed));
        }
    }

    private static int Refuse(IEnumerable<string> problems, string command)
    {
        foreach (var problem in problems)
            PrintableWriter.Errors.WriteWord("", "kboot:", $" {problem}");
        Console.Error.WriteLine($"try: {command} --help");
        return WrongUsage;
    }

    private static int Fail(OperatorException failure, bool json)
    {
        PrintableWriter.Errors.WriteWord("", "kboot:", $" {failure.Problem}");
        ProblemOutput.PrintFix(PrintableWriter.Errors, failure.Fix);
        if (json && !JsonOutput.IsWritten) PrintJson(failure);
        return Failed;
    }

    private static void PrintJson(OperatorException failure)
    {
        try
        {
            JsonOutput.Write(writer =>
            {
                writer.WriteString("error", failure.Problem);
                writer.WriteString("fix", failure.Fix);
            });
        }
        catch (IOException) { } // standard output cannot be written; standard error has the reason
    }

    private static string CommandLine(System.CommandLine.Parsing.SymbolResult? result)
    {
        var names = new Stack<string>();
        for (; result is not null; result = result.Parent)
        {
            if (result is System.CommandLine.Parsing.CommandResult { Command: { } command })
                names.Push(command is RootCommand ? "kboot" : command.Name);
        }

        return string.Join(' ', names);
    }
}
