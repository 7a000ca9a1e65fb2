using System.CommandLine;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary>Runs a command line. Exit codes: 0 success, 1 failure (stderr says what failed and how to fix it), 2 wrong usage.</summary>
internal static class Invocation
{
    private const int Done = 0, Failed = 1, WrongUsage = 2;

    internal static int Run(RootCommand root, string[] args)
    {
        if (UnknownOption.Find(root, args) is { } unknown) return Refuse([unknown.Problem], unknown.Command);
        // No response files: @ is the start of a word, not of the name of a file with more words.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0) return Refuse(parsed.Errors.Select(error => error.Message), CommandLine(parsed.CommandResult));

        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (OperatorException failure)
        {
            return Fail(failure.Problem, failure.Fix);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or SyscallException or InvalidDataException)
        {
            return Fail(failure.Message, null);
        }
        catch (Exception defect)
        {
            return Fail($"internal error in kboot: {defect.GetType().Name}: {defect.Message}",
                "report this message and the command line as a bug");
        }
    }

    private static int Refuse(IEnumerable<string> problems, string command)
    {
        foreach (var problem in problems)
            Console.Error.WriteLine($"kboot: {problem}");
        Console.Error.WriteLine($"try: {command} --help");
        return WrongUsage;
    }

    private static int Fail(string problem, string? fix)
    {
        Console.Error.WriteLine($"kboot: {problem}");
        if (fix is not null) Console.Error.WriteLine($"  to fix: {fix}");
        return Failed;
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
