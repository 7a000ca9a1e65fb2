using MonoSyscall = Mono.Unix.Native.Syscall;

namespace KairosBoot.Linux.Tests;

/// <summary>A thread that gives one name to two files in turn, as fast as it can, for as long as this lives: what a user can do in a home.</summary>
internal sealed class Exchange : IDisposable
{
    private readonly Thread thread;
    private bool stops;

    public Exchange(string first, string second, string name)
    {
        thread = new Thread(() =>
        {
            while (!Volatile.Read(ref stops))
                foreach (var file in (string[])[first, second])
                {
                    MonoSyscall.rename(file, name);
                    Thread.SpinWait(50);
                    MonoSyscall.rename(name, file);
                }
        });
        thread.Start();
    }

    public void Dispose()
    {
        Volatile.Write(ref stops, true);
        thread.Join();
    }
}
