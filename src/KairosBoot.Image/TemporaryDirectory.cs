using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>A directory for the files of one build, gone when the build ends, however it does.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    private const int OnlyOwner = Octal.O700;

    /// <param name="beside">A path on the file system to use: the output's own has the room, /tmp may not.</param>
    /// <param name="cancellationToken">Ends the build.</param>
    internal TemporaryDirectory(string beside, CancellationToken cancellationToken)
    {
        Interrupt = cancellationToken;
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
        using (var directory = Syscall.Open(Path, OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow))
        {
            Empty(directory);
        }

        Syscall.RmDir(Path);
    }

    // By descriptors and names as the kernel has them: an unpacked system may have names that are no UTF-8, and links.
    private static void Empty(FileHandle directory)
    {
        // It may be closed to an ordinary user, who then could not empty it.
        Syscall.ChMod(directory, OnlyOwner);
        using var readable = Syscall.Reopen(directory, OpenFlags.ReadOnly | OpenFlags.Directory);
        foreach (var name in Syscall.ReadDirectory(readable))
        {
            if (Syscall.TryStatAt(directory, name)?.Type != FileType.Directory)
            {
                Syscall.UnlinkAt(directory, name);
                continue;
            }

            using (var child = Syscall.OpenAt(directory, name, OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow))
            {
                Empty(child);
            }

            Syscall.RmDirAt(directory, name);
        }
    }
}
