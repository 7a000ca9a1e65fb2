using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>The system's own program reboot: it ends the services first, with every init.</summary>
internal static class RebootProgram
{
    private const string ByHand = "reboot by hand: reboot -f";

    private static readonly TimeSpan CommandTimeout = TimeSpan.FromMinutes(2);

    /// <exception cref="OperatorException">There is no such program, or it fails.</exception>
    internal static void Run()
    {
        var program = SystemPaths.ProgramDirectories.Select(directory => directory + "/reboot")
            .FirstOrDefault(path => Syscall.TryStat(path) is not null)
            ?? throw new OperatorException("this system has no program reboot", ByHand);
        var result = ChildProcess.Run(program, [], [SystemPaths.ProgramPath], CommandTimeout);
        if (result.ExitCode != 0 || result.TimedOut)
        {
            throw new OperatorException($"{program} " +
                $"{(result.TimedOut ? $"did not end within {CommandTimeout.TotalMinutes} minutes" : $"ended with {result.ExitCode}")}: " +
                $"{result.Output.Trim()}", ByHand);
        }
    }
}
