using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>A directory for the files of one build. It is removed when the build ends, also after an error.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    private const int OnlyOwner = Octal.O700;

    /// <param name="nextTo">A path, such as that of the output. The directory is created next to it: that file system has space, /tmp may
    /// not.</param>
    /// <param name="cancellationToken">Ends the build.</param>
    internal TemporaryDirectory(string nextTo, CancellationToken cancellationToken)
    {
        Interrupt = cancellationToken;
        var full = System.IO.Path.GetFullPath(nextTo);
        Path = PathParts.Below(PathParts.ParentOf(full), $".{PathParts.NameOf(full)}.{Environment.ProcessId}.d");
        Syscall.MkDir(Path, OnlyOwner);
    }

    internal string Path { get; }

    /// <summary>Cancels the build's tools and loops.</summary>
    internal CancellationToken Interrupt { get; }

    internal string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Creates a directory in it.</summary>
    internal string Directory(string name)
    {
        Syscall.MkDir(File(name), OnlyOwner);
        return File(name);
    }

    public void Dispose()
    {
        using (var directory = Syscall.Open(Path, OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow))
        {
            Empty(directory);
        }

        Syscall.RmDir(Path);
    }

    // By descriptor and with raw names: an unpacked system may have links, and names that are not UTF-8.
    private static void Empty(FileHandle directory)
    {
        // Without this mode, an ordinary user could not remove the content.
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
