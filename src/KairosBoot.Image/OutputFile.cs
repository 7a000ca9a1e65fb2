using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>A file that a user requested with --output. It is written completely or not at all.</summary>
public static class OutputFile
{
    /// <summary>Calls <paramref name="write"/> with the path of an empty file, which replaces <paramref name="path"/> afterwards.</summary>
    /// <exception cref="OperatorException">The directory does not exist, or <paramref name="path"/> is not a regular file.</exception>
    public static void Write(string path, Action<string> write)
    {
        var full = Path.GetFullPath(path);
        var directory = PathParts.ParentOf(full);
        if (full == "/" || Syscall.TryStat(full) is { Type: not FileType.Regular })
            throw new OperatorException($"{path} exists and is not a regular file", "give --output another path");
        if (!Directory.Exists(directory))
            throw new OperatorException($"the directory {directory} for {path} does not exist", $"create it: mkdir -p {directory}");
        using var opened = Syscall.Open(directory, OpenFlags.Path | OpenFlags.Directory);
        using var file = new FileReplacement(opened, PathParts.NameOf(full), mode: null, FileReplacement.OwnUser, FileReplacement.OwnUser);
        write(file.File.Path);
        file.Commit();
    }
}
