using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>
/// Who has a partition writable at the moment that is read-only otherwise: a file under the machine's /run that each of them holds a shared lock of. While
/// it is in use it says with which options the partition was mounted before. A program that is killed loses its lock, and leaves that to the next one.
/// </summary>
internal sealed class PartitionWriters : IDisposable
{
    private readonly FileHandle file;

    private PartitionWriters(FileHandle file) => this.file = file;

    /// <summary>Waits only for one that is making the partition read-only again.</summary>
    /// <param name="mountPoint">Of the partition; whatever it is mounted at, it is the same list.</param>
    /// <returns>Null: it is mounted nowhere, or there is no /run that this program may write to.</returns>
    internal static PartitionWriters? Join(string mountPoint)
    {
        if (Syscall.TryStat(mountPoint) is not { } partition) return null;
        // A container that has the machine's root mounted shares the list with the machine's own programs: a /run of its own has nothing to do with it.
        var directory = (mountPoint.EndsWith(SystemPaths.State, StringComparison.Ordinal) ? mountPoint[..^SystemPaths.State.Length] : "") + SystemPaths.Runtime;
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

    /// <summary>The options of the mount before the first of them came; empty: none of them has changed it.</summary>
    internal string Before
    {
        get
        {
            var text = new byte[Syscall.FStat(file).Size];
            return Encoding.UTF8.GetString(text, 0, Syscall.PRead(file, text, 0));
        }
    }

    /// <summary>Before it is made writable. Two at once write the same.</summary>
    internal void Note(string options) => Syscall.PWriteAll(file, Encoding.UTF8.GetBytes(options), 0);

    /// <summary>It is as it was before.</summary>
    internal void Forget() => Syscall.Empty(file);

    /// <summary>True: nobody else has it, and nobody can join before this one leaves. Once asked, this one is no longer in the others' way.</summary>
    internal bool IsLast() => Syscall.TryLock(file);

    public void Dispose() => file.Dispose();
}
