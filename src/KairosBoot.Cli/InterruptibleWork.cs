using System.Runtime.InteropServices;

namespace KairosBoot.Cli;

/// <summary>
/// Work that Ctrl-C, SIGTERM and a closed terminal end in an orderly way: tools are stopped and temporary files removed. More signals do not
/// shorten that: timeout(1), for example, sends each signal twice.
/// </summary>
internal static class InterruptibleWork
{
    private const int SignalExitCode = 128;

    private static readonly (PosixSignal Signal, int Number)[] Signals = [(PosixSignal.SIGHUP, 1), (PosixSignal.SIGINT, 2), (PosixSignal.SIGTERM, 15)];

    /// <summary>Runs work that stops when the token is cancelled.</summary>
    /// <returns>0, or 128 plus the signal's number, as in shells.</returns>
    internal static int Run(Action<CancellationToken> work) => Run(
        cancellationToken =>
        {
            work(cancellationToken);
            return 0;
        },
        "temporary files are removed");

    /// <param name="work">Stops when the token is cancelled. Its result is the exit code.</param>
    /// <param name="stateAfter">For the message: the state that an interruption leaves.</param>
    internal static int Run(Func<CancellationToken, int> work, string stateAfter)
    {
        var cancellationToken = new CancellationTokenSource(); // not disposed: a signal may arrive until the process ends
        var received = 0;
        var registrations = Signals.Select(row => PosixSignalRegistration.Create(row.Signal, context =>
        {
            context.Cancel = true; // cancels the default action, which ends the process at once
            Interlocked.CompareExchange(ref received, row.Number, 0);
            cancellationToken.Cancel();
        })).ToList();
        try
        {
            return work(cancellationToken.Token);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Console.Error.WriteLine($"kboot: interrupted; {stateAfter}");
            return SignalExitCode + received;
        }
        finally
        {
            registrations.ForEach(registration => registration.Dispose());
        }
    }
}
