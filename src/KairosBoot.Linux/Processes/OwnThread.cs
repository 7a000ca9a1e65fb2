using System.Runtime.ExceptionServices;

namespace KairosBoot.Linux;

/// <summary>Work that changes its thread: its root directory, its mounts. The thread ends with the work.</summary>
public static class OwnThread
{
    /// <summary>Runs the work and waits for it. Its exception is passed on to the caller.</summary>
    public static void Run(Action work)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try { work(); }
            // Not handled here: an exception that leaves a thread would end the process.
            catch (Exception e) { failure = ExceptionDispatchInfo.Capture(e); }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }
}
