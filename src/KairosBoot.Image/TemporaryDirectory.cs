using KairosBoot.Linux;

namespace KairosBoot.Image;

/// <summary>A directory for the files of one build, gone when the build ends, however it does.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    private const int OnlyOwner = 0b111_000_000;

    /// <param name="beside">A path on the file system to use: the output's own has the room, /tmp may not.</param>
    /// <param name="interrupt">Ends the build.</param>
    internal TemporaryDirectory(string beside, CancellationToken interrupt)
    {
        Interrupt = interrupt;
        var full = System.IO.Path.GetFullPath(beside);
        Path = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(full)!, $".{System.IO.Path.GetFileName(full)}.{Environment.ProcessId}.d");
        Syscall.MkDir(Path, OnlyOwner);
    }

    internal string Path { get; }

    /// <summary>What the build's tools and loops are to heed.</summary>
    internal CancellationToken Interrupt { get; }

    internal string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        Unlock(Path);
        Directory.Delete(Path, recursive: true);
    }

    // Directories of an unpacked system may be closed to an ordinary user, who then could not empty them.
    private static void Unlock(string directory)
    {
        Syscall.ChMod(directory, OnlyOwner);
        foreach (var child in Directory.EnumerateDirectories(directory).Where(child => new DirectoryInfo(child).LinkTarget is null))
        {
            Unlock(child);
        }
    }
}
