using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>
/// Writes whole files so that a reader, or a power cut, finds the old content or the new, and secret content is never in a file that
/// more people may read than its final mode says.
/// </summary>
internal static class AtomicFile
{
    /// <summary>A link at <paramref name="path"/> is followed and stays; its target is replaced.</summary>
    internal static void Write(string path, ReadOnlySpan<byte> content, int mode, int uid, int gid)
    {
        var target = ResolveLinks(path);
        var existing = Syscall.TryLStat(target);
        if (existing is { Type: FileType.Directory }) throw new SyscallException("open", path, Errno.EISDIR);
        if (existing is { Type: FileType.Fifo or FileType.Socket }) throw new FormatException($"{path} is not a file");
        // Configs write the same files at every boot: what is there already costs neither time nor flash.
        if (existing is { Type: FileType.Regular } file && IsAlready(target, file, content, mode, uid, gid)) return;
        if (existing is null or { Type: FileType.Regular } && TryReplace(target, content, mode, uid, gid, mayFail: existing is not null)) return;
        WriteInPlace(target, content, mode, uid, gid);
    }

    /// <summary>As it is now, or 0644 root for a file that is not there yet.</summary>
    internal static void WriteKeepingOwner(string path, ReadOnlySpan<byte> content)
    {
        var existing = Syscall.TryStat(path);
        Write(path, content, existing?.Mode ?? FilePermissions.File, existing?.Uid ?? 0, existing?.Gid ?? 0);
    }

    /// <summary>False for what says to be empty: a file of procfs says so too, and reading some of those never ends.</summary>
    private static bool IsAlready(string target, FileStatus file, ReadOnlySpan<byte> content, int mode, int uid, int gid)
    {
        if (content.IsEmpty || (file.Mode, file.Uid, file.Gid, file.Size) != (mode, uid, gid, content.Length)) return false;
        try { return content.SequenceEqual(FileText.ReadBytes(target)); }
        catch (SyscallException) { return false; }
    }

    /// <summary>False: this place takes no new file (procfs, sysfs, a file that is a mount point), so the old one must be written to.</summary>
    private static bool TryReplace(string target, ReadOnlySpan<byte> content, int mode, int uid, int gid, bool mayFail)
    {
        var slash = target.LastIndexOf('/');
        var temporary = $"{target[..(slash + 1)]}.{target[(slash + 1)..]}.kairosboot";
        try
        {
            if (Syscall.TryLStat(temporary) is not null) Syscall.Unlink(temporary);
            using (var file = Syscall.Open(temporary, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, mode & FilePermissions.OwnerOnly))
            {
                // Owner before mode: chown clears set-uid and set-gid.
                Syscall.FChOwn(file, uid, gid);
                Syscall.FChMod(file, mode);
                Syscall.WriteAll(file, content);
                Syscall.FSync(file);
            }
            Syscall.Rename(temporary, target);
            return true;
        }
        catch (SyscallException e)
        {
            if (e.Operation != "open") RemoveTemporary(temporary);
            if (mayFail && e.Errno is Errno.EPERM or Errno.EACCES or Errno.ENOENT or Errno.EBUSY or Errno.EINVAL or Errno.EOPNOTSUPP) return false;
            throw;
        }
    }

    private static void RemoveTemporary(string temporary)
    {
        // The first failure is the one to report.
        try { Syscall.Unlink(temporary); }
        catch (SyscallException) { }
    }

    private static void WriteInPlace(string target, ReadOnlySpan<byte> content, int mode, int uid, int gid)
    {
        using var file = Syscall.Open(target, OpenFlags.WriteOnly | OpenFlags.Truncate);
        var now = Syscall.FStat(file);
        // Who may not read the new content must be out before it comes.
        if ((now.Mode & ~mode) != 0) Syscall.FChMod(file, now.Mode & mode);
        if (now.Uid != uid || now.Gid != gid) Syscall.FChOwn(file, uid, gid);
        Syscall.WriteAll(file, content);
        if (now.Type == FileType.Regular && Syscall.FStat(file).Mode != mode) Syscall.FChMod(file, mode);
    }

    /// <summary>The path with its last component's links followed, existing or not. Links in the directories are the kernel's business.</summary>
    internal static string ResolveLinks(string path)
    {
        const int MaxLinks = 40; // as the kernel, path_resolution(7)
        for (var links = 0; links <= MaxLinks; links++)
        {
            if (Syscall.TryLStat(path)?.Type != FileType.Symlink) return path;
            var target = Syscall.ReadLink(path);
            path = target.StartsWith('/') ? target : path[..(path.LastIndexOf('/') + 1)] + target;
        }
        throw new SyscallException("open", path, Errno.ELOOP);
    }
}
