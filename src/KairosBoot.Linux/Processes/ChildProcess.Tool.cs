using Tmds.Linux;

namespace KairosBoot.Linux;

// Tools of a build. PID 1 runs none, so it does not contain this part.
public static unsafe partial class ChildProcess
{
    private const int ToolOutputLimit = 1 << 20;

    /// <summary>
    /// As <see cref="Run"/>, but with standard input from the caller, with separate outputs, and without a time limit. When the tool has
    /// ended, processes that it left in its process group are killed.
    /// </summary>
    /// <param name="program">Path of the program; absolute if it gets a <paramref name="directory"/>.</param>
    /// <param name="arguments">The arguments after its name.</param>
    /// <param name="environment"><c>NAME=VALUE</c>.</param>
    /// <param name="input">Its standard input; null: /dev/null. If it throws, the tool is killed and the exception is passed on.</param>
    /// <param name="directory">Its working directory; null: that of this process.</param>
    /// <param name="cancellationToken">Kills the tool with its process group.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public static ToolResult RunTool(
        string program, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, ToolInput? input, string? directory,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var (cancelled, cancel) = Pipe(program);
        var (output, outputEnd) = Pipe(program);
        var (errors, errorsEnd) = Pipe(program);
        var (inputEnd, feed) = input is null ? (null, null) : Syscall.SocketPair("input of " + program);
        using var exchange = new ToolExchange(cancelled, output, errors, feed, input);
        using (cancel)
        {
            int pid, exitCode;
            using (outputEnd)
            using (errorsEnd)
            using (inputEnd)
            {
                var standard = new Standard(inputEnd?.Descriptor, outputEnd.Descriptor, errorsEnd.Descriptor, directory);
                pid = Spawn(program, arguments, environment, standard, user: null);
            }

            try
            {
                // The end of the registration waits for a callback that is running, so the pipe is open in every callback.
                using var registration = cancellationToken.Register(() => Syscall.WriteAll(cancel, [0]));
                exchange.Run(pid);
            }
            finally
            {
                // Not yet reaped, so the number of its process group is still its own.
                LibC.kill(-pid, SIGKILL);
                exitCode = Reap(pid);
            }
            cancellationToken.ThrowIfCancellationRequested();
            return new ToolResult(exitCode, exchange.Output, exchange.Errors);
        }
    }

    /// <summary>Input and outputs of one run. One loop moves all of them, so that none that is full can stop another one.</summary>
    private sealed class ToolExchange(FileHandle cancelled, FileHandle output, FileHandle errors, FileHandle? feed, ToolInput? input)
        : IDisposable
    {
        private readonly List<byte> outputStart = [], errorsEnd = [];
        private readonly byte[] buffer = new byte[PieceSize];
        private bool outputEnded, errorsEnded, inputEnded = input is null;

        internal string Output => Text(outputStart);
        internal string Errors => Text(errorsEnd[Math.Max(0, errorsEnd.Count - OutputLimit)..]);

        /// <summary>Returns when the tool has ended, or when the run is cancelled.</summary>
        internal void Run(int pid)
        {
            using var exited = PidFd(pid);
            if (feed is not null) Syscall.SetNonBlocking(feed);
            var events = stackalloc pollfd[5];
            while (true)
            {
                events[0] = new pollfd { fd = exited.Descriptor, events = LibC.POLLIN };
                events[1] = new pollfd { fd = cancelled.Descriptor, events = LibC.POLLIN };
                events[2] = new pollfd { fd = outputEnded ? -1 : output.Descriptor, events = LibC.POLLIN };
                events[3] = new pollfd { fd = errorsEnded ? -1 : errors.Descriptor, events = LibC.POLLIN };
                events[4] = new pollfd { fd = inputEnded ? -1 : feed!.Descriptor, events = LibC.POLLOUT };
                if (LibC.poll(events, 5, -1) < 0) continue; // EINTR
                if (events[1].revents != 0) return;
                // Its output first: there may still be some after the tool has ended.
                if (events[0].revents != 0 && events[2].revents == 0 && events[3].revents == 0) return;
                if (events[2].revents != 0) outputEnded = !ReadOutput();
                if (events[3].revents != 0) errorsEnded = !ReadErrors();
                if (events[4].revents != 0) inputEnded = !WriteInput();
            }
        }

        private bool ReadOutput()
        {
            var length = Syscall.Read(output, buffer);
            outputStart.AddRange(buffer.AsSpan(0, Math.Min(length, ToolOutputLimit - outputStart.Count)));
            return length > 0;
        }

        private bool ReadErrors()
        {
            var length = Syscall.Read(errors, buffer);
            errorsEnd.AddRange(buffer.AsSpan(0, length));
            if (errorsEnd.Count > 2 * OutputLimit) errorsEnd.RemoveRange(0, errorsEnd.Count - OutputLimit);
            return length > 0;
        }

        /// <summary>False: the input is complete, or the tool does not read it. Closes the socket then.</summary>
        private bool WriteInput()
        {
            if (input!(feed!) is not null) return true;
            feed!.Dispose();
            return false;
        }

        public void Dispose()
        {
            cancelled.Dispose();
            output.Dispose();
            errors.Dispose();
            feed?.Dispose();
        }
    }
}
