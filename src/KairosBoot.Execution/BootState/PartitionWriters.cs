using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>
/// The programs that presently need a partition writable that is normally read-only: a file in the machine's /run on which each of them
/// holds a shared lock. While the partition is writable, the file has its previous mount options. A killed program loses its lock, and the
/// next one restores the options.
/// </summary>
internal sealed class PartitionWriters : IDisposable
{
    private readonly FileHandle file;

    private PartitionWriters(FileHandle file) => this.file = file;

    /// <summary>Waits only for a program that is making the partition read-only again.</summary>
    /// <param name="mountPoint">A mount point of the partition; all its mount points share one file.</param>
    /// <returns>Null: nothing is mounted there, or there is no writable /run.</returns>
    internal static PartitionWriters? Join(string mountPoint)
    {
        if (Syscall.TryStat(mountPoint) is not { } partition) return null;
        // A container that has mounted the machine's root uses the machine's file; the container's own /run is not used.
        var directory = (mountPoint.EndsWith(SystemPaths.State, StringComparison.Ordinal) ? mountPoint[..^SystemPaths.State.Length] : "")
            + SystemPaths.Runtime;
        FileHandle file;
        try
        {
            Syscall.MakeDirectories(directory);
            file = Syscall.Open($"{directory}/writable.{partition.Device:x}", OpenFlags.ReadWrite | OpenFlags.Create, Octal.O600);
        }
        catch (SyscallException e) when (e.Errno is Errno.EACCES or Errno.EPERM or Errno.EROFS) { return null; }
        Syscall.LockShared(file);
        return new(file);
    }

    /// <summary>The mount options before the first change; empty: the partition was not changed.</summary>
    internal string PreviousOptions
    {
        get
        {
            var text = new byte[Syscall.FStat(file).Size];
            return Encoding.UTF8.GetString(text, 0, Syscall.PRead(file, text, 0));
        }
    }

    /// <summary>Stores the options before the partition is made writable. Two programs at once write the same text.</summary>
    internal void Note(string options) => Syscall.PWriteAll(file, Encoding.UTF8.GetBytes(options), 0);

    /// <summary>The partition has its previous options again.</summary>
    internal void Forget() => Syscall.Empty(file);

    /// <summary>
    /// True: no other program needs the partition, and none can join before this one leaves. The call releases this program's own lock.
    /// </summary>
    internal bool IsLast() => Syscall.TryLock(file);

    public void Dispose() => file.Dispose();
}
