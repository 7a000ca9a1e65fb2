using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>An open state directory, in which stores are found and opened.</summary>
internal sealed class PersistentStores : IDisposable
{
    /// <param name="path">Path of the state directory in the initrd.</param>
    /// <exception cref="OperatorException">A user's link is on the way.</exception>
    internal PersistentStores(string path)
    {
        Path = path;
        Directory = StepPlace.TryOpenDirectory(path);
    }

    internal string Path { get; }

    /// <summary>Null: it is missing.</summary>
    internal FileHandle? Directory { get; private set; }

    /// <summary>True: the state directory is new, no store exists.</summary>
    internal bool IsEmpty { get; set; }

    internal void Make() => Directory ??= StepPlace.MakeDirectories(Path);

    /// <summary>Name of the store of a path: its own name, or the one that Kairos gave it. Null: there is none yet.</summary>
    /// <exception cref="OperatorException">A user has put a link in its place.</exception>
    /// <param name="directory">The path.</param>
    /// <param name="isTaken">A file has its own name.</param>
    internal string? Find(PersistentDirectory directory, out bool isTaken)
    {
        if (Exists(directory.Store, out isTaken)) return PathParts.NameOf(directory.Store);
        return directory.FormerStore is { } former && Exists(former, out _) ? PathParts.NameOf(former) : null;
    }

    private bool Exists(string store, out bool isTaken)
    {
        isTaken = false;
        if (Directory is null || IsEmpty || Syscall.TryStatAt(Directory, PathParts.NameOf(store)) is not { } status) return false;
        if (status.Type != FileType.Symlink) return !(isTaken = status.Type != FileType.Directory);
        using var followed = StepPlace.TryOpenDirectory(store);
        return followed is not null;
    }

    /// <summary>Opens a store for reading. A link of root is followed.</summary>
    internal FileHandle Open(string name)
    {
        var store = $"{Path}/{name}";
        if (Syscall.TryOpenAt(Directory!, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow) is { } opened) return opened;
        return StepPlace.TryOpenToRead(store) ?? throw new OperatorException($"{store} is not a directory", "remove it");
    }

    public void Dispose() => Directory?.Dispose();
}
