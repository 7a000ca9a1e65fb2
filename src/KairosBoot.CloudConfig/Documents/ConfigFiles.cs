using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>Finds the config files of a source, in the order they run.</summary>
internal static class ConfigFiles
{
    /// <summary>
    /// A source may be a file with any name. In a directory and its subdirectories, files <c>*.yaml</c> and <c>*.yml</c> are used, in byte
    /// order of the names. Links to files are followed, links to directories are not. The source may be a link to a directory only if it
    /// ends in <c>/</c>.
    /// </summary>
    internal static List<string> Of(string source, Action<string, string> report)
    {
        var paths = new List<string>();
        foreach (var file in Find(source, report)) paths.Add(file.Path);
        return paths;
    }

    /// <inheritdoc cref="Of"/>
    internal static List<ConfigFile> Find(string source, Action<string, string> report) => Find(source, report, out _);

    /// <inheritdoc cref="Of"/>
    /// <param name="source">A directory or file.</param>
    /// <param name="report">Gets a directory that cannot be read, and the reason.</param>
    /// <param name="isComplete">
    /// True: the source is a directory, and the list can change only if a config or a directory in it does. False: a source that is missing
    /// can appear under any name, and a link can lead to another file.
    /// </param>
    internal static List<ConfigFile> Find(string source, Action<string, string> report, out bool isComplete)
    {
        var files = new List<ConfigFile>();
        isComplete = false;
        try
        {
            switch (Syscall.TryStat(source)?.Type)
            {
                case FileType.Directory when source.EndsWith('/') || Syscall.TryLStat(source)?.Type == FileType.Directory:
                    isComplete = Walk(source.TrimEnd('/'), files, report);
                    break;
                case FileType.Regular:
                    files.Add(new(source, isRegular: false));
                    break;
            }
        }
        catch (SyscallException e) { report(source, e.Message); }
        return files;
    }

    /// <summary>True: each directory could be read, and each config is a regular file.</summary>
    private static bool Walk(string directory, List<ConfigFile> files, Action<string, string> report)
    {
        List<DirectoryEntry> entries;
        try { entries = Syscall.ReadDirectoryEntries(directory.Length == 0 ? "/" : directory); }
        catch (SyscallException e)
        {
            report(directory, e.Message);
            return false;
        }
        var isComplete = true;
        foreach (var entry in entries)
        {
            // Some file systems do not tell the type of a name.
            if (entry.Type is not (FileType.Directory or FileType.Unknown) && !IsConfig(entry.Name)) continue;
            var path = $"{directory}/{entry.Name}";
            var type = entry.Type == FileType.Unknown ? Syscall.TryLStat(path)?.Type : entry.Type;
            if (type == FileType.Directory)
            {
                isComplete &= Walk(path, files, report);
                continue;
            }
            if (!IsConfig(entry.Name)) continue;
            isComplete &= type == FileType.Regular;
            files.Add(new(path, type == FileType.Regular));
        }
        return isComplete;
    }

    internal static bool IsConfig(string name) =>
        name.EndsWith(".yaml", StringComparison.Ordinal) || name.EndsWith(".yml", StringComparison.Ordinal);

    /// <summary>Throws <see cref="SyscallException"/>, <see cref="FormatException"/> for a broken link, and <see cref="OperatorException"/>
    /// for a file that is too large or not regular.</summary>
    internal static string Read(string path) => ConfigEncoding.Decode(Read(path, ReadLimit.Config));

    /// <summary>As <see cref="Read(string)"/>. A file that cannot be read is a text with a problem.</summary>
    internal static ConfigText TryRead(string path)
    {
        try { return new ConfigText(path, Read(path, ReadLimit.Config)); }
        catch (Exception e) when (e is SyscallException or FormatException or OperatorException)
        {
            return new ConfigText(path, "") { Problem = StageProblem.ReasonOf(e) };
        }
    }

    internal static byte[] Read(string path, ReadLimit limit)
    {
        using var file = Syscall.TryOpen(path, OpenFlags.Path) ?? throw new FormatException("broken link");
        return Syscall.FStat(file).Type == FileType.Directory ? [] : BoundedFile.Read(file, limit);
    }
}
