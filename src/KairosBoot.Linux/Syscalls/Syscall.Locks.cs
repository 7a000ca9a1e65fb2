using Tmds.Linux;

namespace KairosBoot.Linux;

public static unsafe partial class Syscall
{
    // linux/fcntl.h
    private const int LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4;

    /// <summary>flock(2): waits until no other process has the file or directory locked. Closing the handle releases the lock.</summary>
    public static void Lock(FileHandle file) => Lock(file, LOCK_EX);

    /// <summary>As <see cref="Lock(FileHandle)"/>, shared with others.</summary>
    public static void LockShared(FileHandle file) => Lock(file, LOCK_SH);

    private static void Lock(FileHandle file, int operation)
    {
        int result;
        do result = Native.flock(file.Descriptor, operation);
        while (Interrupted(result, "flock", file.Path));
    }

    /// <summary>
    /// As <see cref="Lock(FileHandle)"/>; false: another process has it locked. A shared lock of this handle is released then.
    /// </summary>
    public static bool TryLock(FileHandle file)
    {
        int result;
        do result = Native.flock(file.Descriptor, LOCK_EX | LOCK_NB);
        while (result < 0 && LibC.errno == Linux.Errno.EINTR);
        if (result < 0 && LibC.errno != Linux.Errno.EAGAIN) throw Failed("flock", file.Path);
        return result == 0;
    }
}
