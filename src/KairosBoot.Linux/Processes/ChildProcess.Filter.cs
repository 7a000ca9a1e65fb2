using Tmds.Linux;

namespace KairosBoot.Linux;

// Tools whose output is too large to keep. PID 1 runs none, so it does not contain this part.
public static unsafe partial class ChildProcess
{
    /// <summary>Starts a program that converts a file. Its output is read with the result.</summary>
    /// <param name="program">Path of the program.</param>
    /// <param name="arguments">The arguments after its name.</param>
    /// <param name="environment"><c>NAME=VALUE</c>.</param>
    /// <param name="input">Its standard input, from the present position.</param>
    /// <param name="cancellationToken">Kills the program with its process group.</param>
    public static FilterProcess Filter(
        string program, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, FileHandle input,
        CancellationToken cancellationToken)
    {
        var (output, outputEnd) = Pipe(program);
        var (errors, errorsEnd) = Pipe(program);
        using (outputEnd)
        using (errorsEnd)
        {
            var standard = new Standard(input.Descriptor, outputEnd.Descriptor, errorsEnd.Descriptor);
            return new FilterProcess(Spawn(program, arguments, environment, standard, user: null), output, errors, cancellationToken);
        }
    }

    internal static void KillGroup(int pid) => LibC.kill(-pid, SIGKILL);

    /// <summary>Waits until a child has ended, and leaves it to be reaped, so that its number stays its own.</summary>
    internal static void WaitUntilDead(int pid)
    {
        using var exited = PidFd(pid);
        var events = new pollfd { fd = exited.Descriptor, events = LibC.POLLIN };
        while (LibC.poll(&events, 1, -1) < 0) { } // EINTR
    }

    /// <summary>Kills what a child that has ended has left in its process group, and reaps the child.</summary>
    internal static int ReapGroup(int pid)
    {
        KillGroup(pid);
        return Reap(pid);
    }
}
