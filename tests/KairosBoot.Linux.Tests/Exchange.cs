using MonoSyscall = Mono.Unix.Native.Syscall;

namespace KairosBoot.Linux.Tests;

/// <summary>
/// A thread that gives one name to two files in turn, as fast as it can, as long as this lives: like a user in a home directory.
/// </summary>
internal sealed class Exchange : IDisposable
{
    private readonly Thread thread;
    private bool stops;

    /// <param name="first">A file.</param>
    /// <param name="second">Another one.</param>
    /// <param name="name">
    /// Does not exist at the start. Its directory is opened now, so that the names stay in it. This thread is root, but follows no link
    /// that a user could not follow.
    /// </param>
    public Exchange(string first, string second, string name)
    {
        var directory = MonoSyscall.open(Path.GetDirectoryName(name)!,
            Mono.Unix.Native.OpenFlags.O_RDONLY | Mono.Unix.Native.OpenFlags.O_DIRECTORY);
        var last = Path.GetFileName(name);
        thread = new Thread(() =>
        {
            while (!Volatile.Read(ref stops))
            {
                foreach (var file in (string[])[first, second])
                {
                    MonoSyscall.renameat(MonoSyscall.AT_FDCWD, file, directory, last);
                    Thread.SpinWait(50);
                    MonoSyscall.renameat(directory, last, MonoSyscall.AT_FDCWD, file);
                }
            }

            MonoSyscall.close(directory);
        });
        thread.Start();
    }

    public void Dispose()
    {
        Volatile.Write(ref stops, true);
        thread.Join();
    }
}
