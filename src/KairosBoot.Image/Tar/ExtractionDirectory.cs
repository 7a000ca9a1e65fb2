using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// The directory that an archive is unpacked into. Each path is opened component by component with descriptors and without following links,
/// so that no
/// order of members leads outside.
/// </summary>
internal sealed class ExtractionDirectory : IDisposable
{
    private const int AnyMode = Octal.O777; // the umask applies

    // Members of the same directory usually follow each other.
    private FileHandle last;
    private string lastPath = "";
    private readonly FileHandle root;

    internal ExtractionDirectory(string path)
    {
        root = Syscall.Open(path, OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow);
        last = root;
    }

    internal FileHandle Root => root;

    /// <summary>Opens the directory of a member. The descriptor is valid until the next call.</summary>
    /// <param name="member">Without a leading slash and without <c>..</c>.</param>
    /// <param name="created">Called with the path of a missing directory before it is created. Null: nothing is created.</param>
    /// <returns>Null if a directory is missing.</returns>
    /// <exception cref="NotADirectoryException">A component is not a directory.</exception>
    internal FileHandle? Parent(string member, Action<string>? created)
    {
        var wanted = PathParts.ParentOf(member);
        if (wanted == lastPath) return last;
        Forget();
        var here = root;
        foreach (var directory in wanted.Length == 0 ? [] : PathParts.PrefixesOf(wanted))
        {
            var next = Step(here, PathParts.NameOf(directory), directory, created);
            if (!ReferenceEquals(here, root)) here.Dispose();
            if (next is null) return null;
            here = next;
        }

        (last, lastPath) = (here, wanted);
        return here;
    }

    private static FileHandle? Step(FileHandle directory, string name, string path, Action<string>? created)
    {
        switch (Syscall.TryStatAt(directory, name))
        {
            case null when created is null:
                return null;
            case null:
                created(path);
                Syscall.MkDirAt(directory, name, AnyMode);
                break;
            case { Type: not FileType.Directory }:
                throw new NotADirectoryException(path);
        }

        return Syscall.OpenAt(directory, name, OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow);
    }

    /// <summary>Opens a member, without following a link. Null if it does not exist.</summary>
    internal FileHandle? TryOpen(string member) =>
        Parent(member, created: null) is { } parent
            ? Syscall.TryOpenAt(parent, PathParts.NameOf(member), OpenFlags.Path | OpenFlags.NoFollow) : null;

    private void Forget()
    {
        if (!ReferenceEquals(last, root)) last.Dispose();
        (last, lastPath) = (root, "");
    }

    public void Dispose()
    {
        Forget();
        root.Dispose();
    }
}
