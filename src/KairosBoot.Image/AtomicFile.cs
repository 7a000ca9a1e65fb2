using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>An output file that is there whole or not at all: written under another name beside it, then renamed.</summary>
public static class AtomicFile
{
    /// <summary>Lets <paramref name="write"/> fill a new file, whose path it gets, and puts that file in the place of <paramref name="path"/>.</summary>
    /// <exception cref="OperatorException">The directory is missing or not writable, or the path is not that of a file.</exception>
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
