using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>Checks that only root can change a path. Root may run programs that take path names only on such paths.</summary>
internal static class RootOwnedPlace
{
    private const int GroupWrites = Octal.O020, OthersWrite = Octal.O002, Sticky = Octal.O1000;

    /// <summary>Throws if a user other than root can redirect the path or can write to the directory at its end.</summary>
    /// <param name="path">Without links, as a walker returns it. The end may be missing.</param>
    /// <exception cref="OperatorException">Names the directory and the user or group.</exception>
    internal static void Require(string path)
    {
        foreach (var directory in PathParts.PrefixesOf(path))
        {
            if (Syscall.TryLStat(directory) is not { } status) return;
            var isLast = directory.Length == path.Length;
            if (status.Uid != 0) throw Refused(directory, $"belongs to user {status.Uid}", path, $"chown root {directory}");
            if (!IsStable(status) || isLast && (status.Mode & OthersWrite) != 0)
                throw Refused(directory, "is writable for all users", path, $"chmod o-w {directory}");
            if (isLast && (status.Mode & GroupWrites) != 0 && status.Gid != 0)
                throw Refused(directory, $"is writable for group {status.Gid}", path, $"chmod g-w {directory}");
        }
    }

    /// <summary>
    /// Files of root in such a directory cannot be replaced by other users. Write permission for a group is accepted (staff in /usr/local
    /// on Debian), because such a group can also replace programs of root.
    /// </summary>
    private static bool IsStable(FileStatus directory) =>
        directory.Uid == 0 && ((directory.Mode & OthersWrite) == 0 || (directory.Mode & Sticky) != 0);

    /// <summary>The longest part of a path in which no other user can replace a directory that root creates.</summary>
    internal static string Within(string path)
    {
        var found = "/";
        foreach (var directory in PathParts.PrefixesOf(path))
        {
            if (Syscall.TryLStat(directory) is not { Type: FileType.Directory } status || !IsStable(status)) return found;
            found = directory;
        }
        return found;
    }

    private static OperatorException Refused(string directory, string who, string path, string fix) =>
        new($"{(directory == path ? "" : $"{path}: ")}{directory} {who}, and could redirect programs and writes of root", fix);
}
