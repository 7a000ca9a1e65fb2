using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>
/// The staged copies of a path, each by the number of the action that moves it to its place. They are in small directories: in one
/// directory for all, the file system would compare thousands of names for each copy.
/// </summary>
/// <param name="directory">The staging directory of the path; closed with this.</param>
internal sealed class StagedFiles(FileHandle directory) : IDisposable
{
    /// <summary>Actions of one directory.</summary>
    public const int Together = 64;

    private FileHandle? current;
    private int number = -1;

    /// <summary>The place of a new copy: a directory, which stays open until the next call, and the name there.</summary>
    /// <param name="action">Larger than in the calls before.</param>
    public (FileHandle Directory, string Name) Add(int action)
    {
        if (action / Together != number) Syscall.MkDirAt(directory, NameOf(action / Together), Octal.O700);
        return Find(action);
    }

    /// <summary>The same for a copy that exists.</summary>
    public (FileHandle Directory, string Name) Find(int action)
    {
        if (action / Together != number)
        {
            Close();
            current = Syscall.OpenDirectoryAt(directory, NameOf(action / Together));
            number = action / Together;
        }
        return (current!, NameOf(action % Together));
    }

    /// <summary>Adds another name of a copy.</summary>
    public void AddLink(int action, int copy)
    {
        using var from = Syscall.OpenDirectoryAt(directory, NameOf(copy / Together));
        var (to, name) = Add(action);
        Syscall.LinkAt(from, NameOf(copy % Together), to, name);
    }

    private static string NameOf(int number) => number.ToString();

    private void Close()
    {
        current?.Dispose();
        (current, number) = (null, -1);
    }

    public void Dispose()
    {
        Close();
        directory.Dispose();
    }
}
