using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>Calls with a limit, and the streams that a program starts with.</summary>
public static unsafe partial class Syscall
{
    /// <summary>Waits until a read of the file does not block. False: the time has passed.</summary>
    public static bool WaitReadable(FileHandle file, TimeSpan time)
    {
        var poll = new pollfd { fd = file.Descriptor, events = LibC.POLLIN };
        return LibC.poll(&poll, 1, (int)time.TotalMilliseconds) > 0;
    }

    /// <summary>sync(2), for at most <see cref="StuckLimit"/>: it would wait forever for a disk that has never answered.</summary>
    public static void Sync()
    {
        var sync = new Thread(LibC.sync) { IsBackground = true };
        sync.Start();
        sync.Join(StuckLimit);
    }

    /// <summary>
    /// Opens /dev/null for each standard stream that is missing: a machine without a console starts its init without them, and other files
    /// would get their numbers. The next program gets what this one got.
    /// </summary>
    public static void OpenStandardStreams()
    {
        while (true)
        {
            using var nothing = Open("/dev/null", OpenFlags.ReadWrite);
            if (nothing.Descriptor > 2) return;
            nothing.SetHandleAsInvalid(); // it stays open
        }
    }
}
