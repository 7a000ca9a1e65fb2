using System.Runtime.InteropServices;

namespace KairosBoot.Cli;

/// <summary>
/// Ctrl-C, SIGTERM and a closed terminal end work that makes files in good order: tools stopped, temporary files gone. Further
/// signals do not cut that short: timeout(1), for one, sends each twice.
/// </summary>
internal static class Interruption
{
    private const int SignalExitCode = 128;

    private static readonly (PosixSignal Signal, int Number)[] Signals = [(PosixSignal.SIGHUP, 1), (PosixSignal.SIGINT, 2), (PosixSignal.SIGTERM, 15)];

    /// <summary>Runs the work, which heeds the token.</summary>
    /// <returns>0; or 128 and the signal's number, as shells have it.</returns>
    internal static int Run(Action<CancellationToken> work) => Run(
        cancellationToken =>
        {
            work(cancellationToken);
            return 0;
        },
        "temporary files are removed");

    /// <param name="work">Heeds the token; its result is the exit code.</param>
    /// <param name="left">What a person reads of the state things are in when it was interrupted.</param>
    internal static int Run(Func<CancellationToken, int> work, string left)
    {
        var cancellationToken = new CancellationTokenSource(); // not disposed: a signal may come until the very end
        var received = 0;
        var registrations = Signals.Select(row => PosixSignalRegistration.Create(row.Signal, context =>
        {
            context.Cancel = true; // the default action, which is to end at once
            Interlocked.CompareExchange(ref received, row.Number, 0);
            cancellationToken.Cancel();
        })).ToList();
        try
        {
            return work(cancellationToken.Token);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Console.Error.WriteLine($"kboot: interrupted; {left}");
            return SignalExitCode + received;
        }
        finally
        {
            registrations.ForEach(registration => registration.Dispose());
        }
    }
}
