using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>One file, link or device, from a directory that only root shapes to one that others may shape, on another file system.</summary>
internal static class FileCopy
{
    /// <param name="from">Directory of the original.</param>
    /// <param name="name">Its name there, and here.</param>
    /// <param name="to">Directory of the copy. A file or link of that name is replaced.</param>
    /// <param name="status">Of the original. Not a directory.</param>
    internal static void Copy(FileHandle from, string name, FileHandle to, FileStatus status)
    {
        if (status.Type == FileType.Regular) Content(from, name, to, status);
        else Special(from, name, to, status);
    }

    private static void Content(FileHandle from, string name, FileHandle to, FileStatus status)
    {
        if (Syscall.TryStatAt(to, name) is { Type: FileType.Symlink }) Syscall.UnlinkAt(to, name);
        // A link that a user puts there now leads no further than this directory.
        using var place = new PathWalker(Syscall.DescriptorPath(to)).Place("/" + name);
        using var source = Syscall.OpenAt(from, name, OpenFlags.ReadOnly | OpenFlags.NoFollow);
        using var replacement = new FileReplacement(place, status.Mode, status.Uid, status.Gid);
        Syscall.CopySparse(source, replacement.File);
        // Writing clears set-uid, set-gid and capabilities.
        Syscall.FChMod(replacement.File, status.Mode);
        ExtendedAttributes.Copy(source, replacement.File);
        replacement.Commit(status.MTimeNs);
    }

    private static void Special(FileHandle from, string name, FileHandle to, FileStatus status)
    {
        const int OwnerOnly = Octal.O600;
        if (Syscall.TryStatAt(to, name) is not null) Syscall.UnlinkAt(to, name);
        if (status.Type == FileType.Symlink)
        {
            using var link = Syscall.OpenAt(from, name, OpenFlags.Path | OpenFlags.NoFollow);
            Syscall.SymlinkAt(Syscall.ReadLink(link), to, name);
        }
        else
        {
            Syscall.MkNodAt(to, name, status.Type, OwnerOnly, status.RDevice);
        }

        using var made = Syscall.OpenAt(to, name, OpenFlags.Path | OpenFlags.NoFollow);
        // The owner of the directory may have put something else there since.
        if (Syscall.FStat(made) is not { Uid: 0, Links: 1 } now || now.Type != status.Type) return;
        Syscall.ChOwn(made, status.Uid, status.Gid);
        if (status.Type != FileType.Symlink) Syscall.ChMod(made, status.Mode);
        Syscall.UTimes(made, status.MTimeNs);
    }
}
