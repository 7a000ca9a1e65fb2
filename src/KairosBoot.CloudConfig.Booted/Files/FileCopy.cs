using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>Copies a file, link or device from a directory that only root can change to a directory that other users may change.</summary>
internal static class FileCopy
{
    /// <param name="from">Directory of the original.</param>
    /// <param name="name">Its name in both directories.</param>
    /// <param name="to">Directory of the copy. A file or link with that name is replaced.</param>
    /// <param name="status">Of the original. Not a directory.</param>
    internal static void Copy(FileHandle from, string name, FileHandle to, FileStatus status)
    {
        if (status.Type == FileType.Regular) Content(from, name, to, status);
        else Special(from, name, to, status);
    }

    private static void Content(FileHandle from, string name, FileHandle to, FileStatus status)
    {
        if (Syscall.TryStatAt(to, name) is { Type: FileType.Symlink }) Syscall.UnlinkAt(to, name);
        // A link that a user creates now cannot lead out of this directory.
        using var place = new PathWalker(Syscall.DescriptorPath(to)).Place("/" + name);
        using var source = Syscall.OpenAt(from, name, OpenFlags.ReadOnly | OpenFlags.NoFollow);
        using var replacement = new FileReplacement(place, status.Mode, status.Uid, status.Gid) { KeepsAttributes = false };
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
        // The owner of the directory may have replaced it.
        if (Syscall.FStat(made) is not { Uid: 0, Links: 1 } now || now.Type != status.Type) return;
        Syscall.ChOwn(made, status.Uid, status.Gid);
        if (status.Type != FileType.Symlink) Syscall.ChMod(made, status.Mode);
        Syscall.UTimes(made, status.MTimeNs);
    }
}
