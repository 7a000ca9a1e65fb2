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
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                Console.Error.WriteLine($"kboot: {error.Message}");
            Console.Error.WriteLine($"try: {CommandLine(parsed.CommandResult)} --help");
            return WrongUsage;
        }

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
            return Fail($"internal error in kboot: {defect.GetType().Name}: {defect.Message}", "report this message and the command line as a bug");
        }
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
