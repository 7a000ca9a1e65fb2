using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>Finds the config files of a source, in the order they run.</summary>
internal static class ConfigFiles
{
    /// <summary>
    /// A file is itself, whatever its name. A directory is walked: names in byte order, <c>*.yaml</c> and <c>*.yml</c> only, links to files
    /// followed, links to directories not. The directory itself may be a link only if the source ends in <c>/</c>.
    /// </summary>
    internal static List<string> Of(string source, Action<string, string> report)
    {
        var files = new List<string>();
        try
        {
            switch (Syscall.TryStat(source)?.Type)
            {
                case FileType.Directory when source.EndsWith('/') || Syscall.TryLStat(source)?.Type == FileType.Directory:
                    Walk(source.TrimEnd('/'), files, report);
                    break;
                case FileType.Regular:
                    files.Add(source);
                    break;
            }
        }
        catch (SyscallException e) { report(source, e.Message); }
        return files;
    }

    private static void Walk(string directory, List<string> files, Action<string, string> report)
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
            var type = Syscall.TryLStat(path)?.Type;
            if (type == FileType.Directory) Walk(path, files, report);
            else if (IsConfig(name)) files.Add(path);
        }
    }

    private static bool IsConfig(string name) => name.EndsWith(".yaml", StringComparison.Ordinal) || name.EndsWith(".yml", StringComparison.Ordinal);

    /// <summary>Throws <see cref="SyscallException"/>, <see cref="FormatException"/> for a link to nothing, and <see cref="OperatorException"/> for what is
    /// no file or too large.</summary>
    internal static string Read(string path) => Encoding.UTF8.GetString(Read(path, ReadLimit.Config));

    internal static byte[] Read(string path, ReadLimit limit)
    {
        using var file = Syscall.TryOpen(path, OpenFlags.Path) ?? throw new FormatException("a link to nothing");
        return Syscall.FStat(file).Type == FileType.Directory ? [] : BoundedFile.Read(file, limit);
    }
}
