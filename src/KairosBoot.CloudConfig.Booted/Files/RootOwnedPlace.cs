using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>Paths that only root shapes: there root may start a program that knows only paths.</summary>
internal static class RootOwnedPlace
{
    private const int GroupWrites = Octal.O020, OthersWrite = Octal.O002, Sticky = Octal.O1000;

    /// <summary>Refuses a path that a user other than root can make lead elsewhere, and a directory at its end that others can write to.</summary>
    /// <param name="path">Without links, as a walker has found it. Its end may be missing.</param>
    /// <exception cref="OperatorException">Names the directory and who writes there.</exception>
    internal static void Require(string path)
    {
        for (var end = 0; end >= 0 && end < path.Length;)
        {
            end = path.IndexOf('/', end + 1);
            var directory = end < 0 ? path : path[..end];
            if (Syscall.TryLStat(directory) is not { } status) return;
            var isLast = end < 0;
            if (status.Uid != 0) throw Refused(directory, $"belongs to user {status.Uid}", path, "give it to root");
            if (!Leads(status) || isLast && (status.Mode & OthersWrite) != 0)
                throw Refused(directory, "can be written to by everybody", path, $"chmod o-w {directory}");
            if (isLast && (status.Mode & GroupWrites) != 0 && status.Gid != 0)
                throw Refused(directory, $"can be written to by group {status.Gid}", path, $"chmod g-w {directory}, or give it to the user");
        }
    }

    /// <summary>
    /// What root has in such a directory stays where it is. A group that may write there (Debian's staff in /usr/local) is one that root trusts with
    /// programs as well.
    /// </summary>
    private static bool Leads(FileStatus directory) => directory.Uid == 0 && ((directory.Mode & OthersWrite) == 0 || (directory.Mode & Sticky) != 0);

    /// <summary>The longest part of a path where a directory that root creates stays where it is.</summary>
    internal static string Within(string path)
    {
        var found = "/";
        for (var end = 0; end >= 0 && end < path.Length;)
        {
            end = path.IndexOf('/', end + 1);
            var directory = end < 0 ? path : path[..end];
            if (Syscall.TryLStat(directory) is not { Type: FileType.Directory } status || !Leads(status)) return found;
            found = directory;
        }
        return found;
    }

    private static OperatorException Refused(string directory, string who, string path, string fix) =>
        new($"{(directory == path ? "" : $"{path}: ")}{directory} {who}, who could make root run programs or write elsewhere", fix);
}
