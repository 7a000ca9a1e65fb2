using Tmds.Linux;

namespace KairosBoot.Linux;

public static unsafe partial class Syscall
{
    internal const uint TIOCSCTTY = 0x540E; // asm-generic/ioctls.h

    /// <summary>
    /// Makes a terminal that of this process and its standard streams: ioctl_tty(2). The process must lead a session without one.
    /// </summary>
    public static void TakeTerminal(string path)
    {
        using var terminal = Open(path, OpenFlags.ReadWrite | OpenFlags.NoControllingTerminal);
        Check(LibC.ioctl(terminal.Descriptor, (int)TIOCSCTTY, (void*)0), "ioctl TIOCSCTTY", path);
        for (var stream = 0; stream <= 2; stream++) Check(LibC.dup2(terminal.Descriptor, stream), "dup2", path);
    }
}
