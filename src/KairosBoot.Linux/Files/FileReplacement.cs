using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// A file that will take its place when it is whole: until then it has another name there, with its owner and mode from the start. A reader, or a power
/// cut, finds the old file or the new one.
/// </summary>
public sealed class FileReplacement : IDisposable
{
    private const int OwnerOnly = Octal.O600, MaxName = 255; // NAME_MAX
    private readonly FilePlace place;
    private readonly string temporary;
    private bool isPending;

    /// <param name="place">Where it will be. Must stay open as long as this lives.</param>
    /// <param name="mode">Permission bits, whatever the umask is.</param>
    /// <param name="uid">Owner.</param>
    /// <param name="gid">Group.</param>
    /// <param name="temporary">Its name until then; null: one that nobody else has. A fixed one is for files with one writer: what a power cut leaves of one
    /// try is deleted by the next.</param>
    public FileReplacement(FilePlace place, int mode, int uid, int gid, string? temporary = null)
    {
        this.place = place;
        this.temporary = temporary ?? TemporaryName(place.Name);
        if (temporary is not null) FileTree.Delete(place.Directory, temporary);
        // Root's until it has its owner: a user who owns the directory cannot open it before its mode says so.
        File = Syscall.OpenAt(place.Directory, this.temporary,
            OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, mode & OwnerOnly);
        isPending = true;
        try
        {
            // Owner before mode: chown clears set-uid and set-gid.
            Syscall.FChOwn(File, uid, gid);
            Syscall.FChMod(File, mode);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Open for writing, and empty.</summary>
    public FileHandle File { get; }

    /// <summary>Flushes the file and gives it its name, in place of what had it.</summary>
    /// <param name="mtimeNs">The time it gets, nanoseconds since 1970; null: when it was written.</param>
    public void Commit(long? mtimeNs = null)
    {
        Syscall.FSync(File);
        if (mtimeNs is { } time) Syscall.UTimes(File, time);
        Syscall.RenameAt(place.Directory, temporary, place.Directory, place.Name);
        isPending = false;
    }

    public void Dispose()
    {
        File.Dispose();
        if (!isPending) return;
        isPending = false;
        // What went wrong before is what is reported.
        try { Syscall.UnlinkAt(place.Directory, temporary); }
        catch (SyscallException) { }
    }

    /// <summary>A name that no other writer of the same file has at the same time.</summary>
    internal static string TemporaryName(string name)
    {
        Span<byte> random = stackalloc byte[6];
        Syscall.GetRandom(random);
        var end = ".kairosboot-" + Convert.ToHexStringLower(random);
        var bytes = FileName.Encode(name).AsSpan();
        return "." + FileName.Decode(bytes[..Math.Min(bytes.IndexOf((byte)0), MaxName - 1 - end.Length)]) + end;
    }
}
