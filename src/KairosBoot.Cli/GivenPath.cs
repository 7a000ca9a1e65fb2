using KairosBoot.Linux;

namespace KairosBoot.Cli;

/// <summary>Paths that stand on the command line without an option: a directory is a tree, anything else is a file.</summary>
internal static class GivenPath
{
    /// <summary>True also for a link to a directory. A path that does not exist is a file: reading it reports the error.</summary>
    internal static bool IsDirectory(string path) => path.Length > 0 && Syscall.TryStat(path) is { Type: FileType.Directory };

    internal static (string[] Trees, string[] Files) Split(string[] paths)
    {
        var kinds = paths.ToLookup(IsDirectory);
        return ([.. kinds[true]], [.. kinds[false]]);
    }
}
