using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Replaces a file by a new one. Until it is complete, the new file has a temporary name in the same directory, with its owner and mode
/// from the start. A reader, or a system after a power cut, sees the old file or the new one.
/// </summary>
public sealed class FileReplacement : IDisposable
{
    /// <summary>
    /// As owner and group: those that the kernel gives to a new file of this process. The value of chown(2) for no change.
    /// </summary>
    public const int OwnUser = -1;

    private const int ReadWrite = Octal.O666;
    private const int OwnerOnly = Octal.O600, MaxName = 255; // NAME_MAX
    private readonly FileHandle directory;
    private readonly string name, temporary;
    private readonly int user;
    private readonly KnownDirectory? known;
    private bool isPending;

    /// <summary>As the other constructor, for a place that a walker has found.</summary>
    public FileReplacement(FilePlace place, int mode, int uid, int gid, string? temporary = null)
        : this(place.Directory, place.Name, mode, uid, gid, temporary) => (user, known) = (place.User, place.Known);

    /// <param name="directory">
    /// Directory of the file. Must stay open while this lives; may be opened with <see cref="OpenFlags.Path"/>.
    /// </param>
    /// <param name="name">Its name there. A link of this name is replaced itself.</param>
    /// <param name="mode">Permission bits, independent of the umask; null: 0666 less the umask.</param>
    /// <param name="uid">Owner, or <see cref="OwnUser"/>.</param>
    /// <param name="gid">Group, or <see cref="OwnUser"/>.</param>
    /// <param name="temporary">
    /// The temporary name; null: a unique one. A fixed name is for files with one writer: the next attempt deletes what a power cut left.
    /// </param>
    public FileReplacement(FileHandle directory, string name, int? mode, int uid, int gid, string? temporary = null)
    {
        (this.directory, this.name) = (directory, name);
        this.temporary = temporary ?? TemporaryName(name);
        if (temporary is not null) FileTree.Delete(directory, temporary);
        // Belongs to root until its owner is set: a user who owns the directory cannot open it before its mode allows that.
        File = Syscall.OpenAt(directory, this.temporary,
            OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, mode & OwnerOnly ?? ReadWrite);
        isPending = true;
        try
        {
            // Owner before mode: chown clears set-uid and set-gid.
            Syscall.FChOwn(File, uid, gid);
            if (mode is { } bits) Syscall.FChMod(File, bits);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The new file, empty, open for writing. Its path is the temporary one.</summary>
    public FileHandle File { get; }

    /// <summary>False: the caller sets the attributes of the new file itself, and those of the old one are lost.</summary>
    public bool KeepsAttributes { get; init; } = true;

    /// <summary>
    /// True: the caller has just found no file of this name. One that appears meanwhile is replaced, and its attributes are lost.
    /// </summary>
    public bool IsNew { get; init; }

    /// <summary>
    /// Flushes the file and renames it to its final name. It keeps the extended attributes of the file that it replaces.
    /// </summary>
    /// <param name="mtimeNs">Its modification time, nanoseconds since 1970; null: the time of writing.</param>
    /// <param name="sync">What must be on the disk before this returns.</param>
    public void Commit(long? mtimeNs = null, ReplacementSync sync = ReplacementSync.Content)
    {
        if (KeepsAttributes) new KeptAttributes(directory, name, File, user) { IsNew = IsNew, Known = known }.Apply();
        Syscall.FSync(File);
        if (mtimeNs is { } time) Syscall.UTimes(File, time);
        Syscall.RenameAt(directory, temporary, directory, name);
        isPending = false;
        if (sync == ReplacementSync.Content) return;
        using var opened = Syscall.Reopen(directory, OpenFlags.ReadOnly | OpenFlags.Directory);
        Syscall.FSync(opened);
        if (sync == ReplacementSync.FileSystem) Syscall.SyncFs(opened);
    }

    public void Dispose()
    {
        File.Dispose();
        if (!isPending) return;
        isPending = false;
        // The first error is the one to report.
        try { Syscall.UnlinkAt(directory, temporary); }
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
