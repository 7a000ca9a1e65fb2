using System.Text;
using KairosBoot.Linux;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>Small files of root that everybody may read.</summary>
internal static class RootOwnedFile
{
    private static readonly PathWalker Walker = new();

    /// <summary>Null: nothing is at the path.</summary>
    internal static string? TryRead(string path)
    {
        using var file = Walker.TryOpen(path);
        return file is null ? null : Encoding.UTF8.GetString(BoundedFile.Read(file, ReadLimit.SystemFile));
    }

    /// <summary>With its missing parents. A file that has the content, the owner and the mode stays: configs write the same ones at every boot.</summary>
    internal static void Write(string path, string content)
    {
        using var place = Walker.Place(path, new NewDirectories(FilePermissions.Directory));
        if (place.Status is { Type: FileType.Regular, Uid: 0, Gid: 0, Mode: FilePermissions.File } && TryRead(path) == content) return;
        using var replacement = new FileReplacement(place, FilePermissions.File, uid: 0, gid: 0);
        Syscall.WriteAll(replacement.File, Encoding.UTF8.GetBytes(content));
        replacement.Commit();
    }
}
