using KairosBoot.CloudConfig;
using KairosBoot.Linux;

namespace KairosBoot.Stages;

/// <summary>A file that is being written beside the one it will replace: with its owner and mode from the start, under its name only when it is whole.</summary>
internal sealed class PendingFile : IDisposable
{
    private readonly string temporary, target;
    private bool isThere;

    /// <param name="path">A link is followed and stays; its target is replaced.</param>
    /// <param name="mode">Permission bits.</param>
    /// <param name="uid">Owner.</param>
    /// <param name="gid">Group.</param>
    internal PendingFile(string path, int mode, int uid, int gid)
    {
        target = AtomicFile.ResolveLinks(path);
        var slash = target.LastIndexOf('/');
        temporary = $"{target[..(slash + 1)]}.{target[(slash + 1)..]}.kairosboot";
        if (Syscall.TryLStat(temporary) is not null) Syscall.Unlink(temporary);
        File = Syscall.Open(temporary, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, mode & FilePermissions.OwnerOnly);
        isThere = true;
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

    internal FileHandle File { get; }

    /// <param name="modifiedSeconds">The time it gets, in seconds since 1970; null: when it was written.</param>
    internal void Commit(long? modifiedSeconds)
    {
        Syscall.FSync(File);
        if (modifiedSeconds is { } seconds) Syscall.LUTimes(temporary, seconds * 1_000_000_000);
        Syscall.Rename(temporary, target);
        isThere = false;
    }

    public void Dispose()
    {
        File.Dispose();
        if (isThere) Syscall.Unlink(temporary);
        isThere = false;
    }
}
