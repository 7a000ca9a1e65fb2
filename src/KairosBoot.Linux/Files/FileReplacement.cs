using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Replaces a file by a new one. Until it is complete, the new file has a temporary name in the same directory, with its owner and mode
/// from the start. A reader, or a system after a power cut, sees the old file or the new one.
/// </summary>
public sealed class FileReplacement : IDisposable
{
    private const int OwnerOnly = Octal.O600, MaxName = 255; // NAME_MAX
    private readonly FilePlace place;
    private readonly string temporary;
    private bool isPending;

    /// <param name="place">The place of the file. Must stay open while this lives.</param>
    /// <param name="mode">Permission bits, independent of the umask.</param>
    /// <param name="uid">Owner.</param>
    /// <param name="gid">Group.</param>
    /// <param name="temporary">
    /// The temporary name; null: a unique one. A fixed name is for files with one writer: the next attempt deletes what a power cut left.
    /// </param>
    public FileReplacement(FilePlace place, int mode, int uid, int gid, string? temporary = null)
    {
        this.place = place;
        this.temporary = temporary ?? TemporaryName(place.Name);
        if (temporary is not null) FileTree.Delete(place.Directory, temporary);
        // Belongs to root until its owner is set: a user who owns the directory cannot open it before its mode allows that.
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

    /// <summary>The new file, empty, open for writing.</summary>
    public FileHandle File { get; }

    /// <summary>Flushes the file and renames it to its final name.</summary>
    /// <param name="mtimeNs">Its modification time, nanoseconds since 1970; null: the time of writing.</param>
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
        // The first error is the one to report.
        try { Syscall.UnlinkAt(place.Directory, temporary); }
        catch (SyscallException) { }
    }

    /// <summary>A name that no other writer of the same file uses at the same time.</summary>
    internal static string TemporaryName(string name)
    {
        Span<byte> random = stackalloc byte[6];
        Syscall.GetRandom(random);
        var end = ".kairosboot-" + Convert.ToHexStringLower(random);
        var bytes = FileName.Encode(name).AsSpan();
        return "." + FileName.Decode(bytes[..Math.Min(bytes.IndexOf((byte)0), MaxName - 1 - end.Length)]) + end;
    }
}
