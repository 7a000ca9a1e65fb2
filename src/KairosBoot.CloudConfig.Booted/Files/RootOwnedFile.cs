using System.Text;
using KairosBoot.Linux;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>Small files of root that all users may read.</summary>
internal static class RootOwnedFile
{
    /// <summary>Null: no such file.</summary>
    internal static string? TryRead(string path)
    {
        using var file = Directories.Walker.TryOpen(path);
        return file is null ? null : Encoding.UTF8.GetString(BoundedFile.Read(file, ReadLimit.SystemFile));
    }

    /// <summary>Replaces the file and creates missing parents. An unchanged file is not written.</summary>
    internal static void Write(string path, string content)
    {
        var parents = new NewDirectories(FilePermissions.Directory);
        AtomicFile.Write(path, Encoding.UTF8.GetBytes(content), FilePermissions.File, uid: 0, gid: 0, parents);
    }
}
