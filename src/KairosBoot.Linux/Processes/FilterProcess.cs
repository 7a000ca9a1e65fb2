namespace KairosBoot.Linux;

/// <summary>
/// A program that reads a file and writes the result to a pipe, such as <c>gzip -dc</c>. The caller reads that pipe while the program runs.
/// </summary>
public sealed class FilterProcess : IDisposable
{
    private const int MaxErrors = 4096;

    private readonly int pid;
    private readonly FileHandle output, errors;
    private readonly CancellationTokenRegistration registration;
    private readonly Lock ending = new();
    private bool hasEnded;

    internal FilterProcess(int pid, FileHandle output, FileHandle errors, CancellationToken cancellationToken)
    {
        (this.pid, this.output, this.errors) = (pid, output, errors);
        registration = cancellationToken.Register(Kill);
    }

    /// <summary>Number of bytes; 0: the program has closed its output, or was killed.</summary>
    public int Read(Span<byte> buffer) => Syscall.Read(output, buffer);

    /// <summary>After the end of the output: waits for the end of the program.</summary>
    public ToolResult WaitForEnd()
    {
        var text = new byte[MaxErrors];
        var length = 0;
        for (int more; (more = Syscall.Read(errors, text.AsSpan(length))) > 0;) length += more;
        return new ToolResult(End(), "", System.Text.Encoding.UTF8.GetString(text, 0, length));
    }

    private void Kill()
    {
        lock (ending)
        {
            if (!hasEnded) ChildProcess.KillGroup(pid);
        }
    }

    private int End()
    {
        // Not under the lock: a cancelled run must be able to kill the program that is waited for here.
        ChildProcess.WaitUntilDead(pid);
        lock (ending)
        {
            hasEnded = true;
            return ChildProcess.ReapGroup(pid);
        }
    }

    public void Dispose()
    {
        Kill();
        registration.Dispose();
        if (!hasEnded) End();
        output.Dispose();
        errors.Dispose();
    }
}
