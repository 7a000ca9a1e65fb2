using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>A config file that was found.</summary>
/// <param name="path">Its path.</param>
/// <param name="status">Its status; null: a link.</param>
internal sealed class ConfigFile(string path, FileStatus? status)
{
    internal string Path => path;

    internal FileStatus? Status => status;
}

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
    internal static List<ConfigFile> Find(string source, Action<string, string> report)
    {
        var files = new List<ConfigFile>();
        try
        {
            switch (Syscall.TryStat(source)?.Type)
            {
                case FileType.Directory when source.EndsWith('/') || Syscall.TryLStat(source)?.Type == FileType.Directory:
                    Walk(source.TrimEnd('/'), files, report);
                    break;
                case FileType.Regular:
                    files.Add(new(source, null));
                    break;
            }
        }
        catch (SyscallException e) { report(source, e.Message); }
        return files;
    }

    private static void Walk(string directory, List<ConfigFile> files, Action<string, string> report)
    {
        List<string> names;
        try { names = Syscall.ReadDirectory(directory.Length == 0 ? "/" : directory); }
        catch (SyscallException e)
        {
            report(directory, e.Message);
            return;
        }
        foreach (var name in names)
        {
            var path = $"{directory}/{name}";
            var status = Syscall.TryLStat(path);
            if (status?.Type == FileType.Directory) Walk(path, files, report);
            else if (IsConfig(name)) files.Add(new(path, status?.Type == FileType.Regular ? status : null));
        }
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
