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

    private const short F_WRLCK = 1;
    private const int F_OFD_GETLK = 36, F_OFD_SETLK = 37;

    /// <summary>
    /// fcntl(2), F_OFD_SETLK: locks the whole file for writing. It excludes the locks of lockf(3) and lckpwdf(3) in other processes, and
    /// other handles of this process. Closing the handle releases it. False: it is locked.
    /// </summary>
    /// <param name="file">Opened for writing.</param>
    public static bool TryLockRecord(FileHandle file)
    {
        var wanted = new RecordLock { Type = F_WRLCK };
        int result;
        do result = Native.fcntl(file.Descriptor, F_OFD_SETLK, &wanted);
        while (result < 0 && LibC.errno == Linux.Errno.EINTR);
        if (result < 0 && LibC.errno is not (Linux.Errno.EAGAIN or Linux.Errno.EACCES)) throw Failed("fcntl F_OFD_SETLK", file.Path);
        return result == 0;
    }

    /// <summary>The process that has the file locked: fcntl(2), F_OFD_GETLK. 0 or less: unknown, or the file is not locked.</summary>
    public static int RecordLockHolder(FileHandle file)
    {
        var found = new RecordLock { Type = F_WRLCK };
        return Native.fcntl(file.Descriptor, F_OFD_GETLK, &found) == 0 && found.Type == F_WRLCK ? found.ProcessId : 0;
    }
}
