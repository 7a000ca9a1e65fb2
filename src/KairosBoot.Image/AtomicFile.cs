using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Writes an output file completely or not at all: under a temporary name in the same directory, then renamed.</summary>
public static class AtomicFile
{
    /// <summary>Calls <paramref name="write"/> with the path of a new file, and renames that file to <paramref name="path"/>.</summary>
    /// <exception cref="OperatorException">The directory does not exist, or <paramref name="path"/> is not a regular file.</exception>
    public static void Write(string path, Action<string> write)
    {
        var full = Path.GetFullPath(path);
        var directory = Path.GetDirectoryName(full);
        if (directory is null || Syscall.TryStat(full) is { Type: not FileType.Regular })
            throw new OperatorException($"{path} exists and is not a regular file", "give --output another path");
        if (!Directory.Exists(directory))
            throw new OperatorException($"the directory {directory} for {path} does not exist", $"create it: mkdir -p {directory}");
        var temporary = Path.Combine(directory, $".{Path.GetFileName(full)}.{Environment.ProcessId}.part");
        try
        {
            write(temporary);
            using (var file = new FileStream(temporary, FileMode.Open, FileAccess.ReadWrite))
            {
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
