using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>
/// The bind mounts of persistent paths, one after the other. It keeps the state directory and the directory of the last mount point open:
/// most paths have both in common, and Linux clears a page for each path that it gets.
/// </summary>
public sealed class StoreBinds : IDisposable
{
    private FileHandle? stores, parent;

    /// <param name="directory">The path and its store.</param>
    /// <param name="options">Options that differ from those of the mount with the store; null: none.</param>
    internal void Do(PersistentDirectory directory, string? options)
    {
        using var mount = TryBind(directory) ?? Bind(directory);
        if (options is not null) MountAttributes.Set(mount, MountOptions.Parse(options).Flags);
    }

    /// <summary>Null: a name is missing or a link, or a directory on the way is.</summary>
    private FileHandle? TryBind(PersistentDirectory directory)
    {
        if (Open(ref stores, PathParts.ParentOf(directory.Store)) is not { } from
            || Open(ref parent, PathParts.ParentOf(directory.Path)) is not { } to)
        {
            return null;
        }
        var mount = Syscall.TryBindAt(from, PathParts.NameOf(directory.Store), to, PathParts.NameOf(directory.Path));
        // Then the open directories are below the new mount.
        if (mount is not null && (MountPath.IsInside(from.Path, directory.Path) || MountPath.IsInside(to.Path, directory.Path))) Close();
        return mount;
    }

    private static FileHandle? Open(ref FileHandle? open, string path)
    {
        if (open?.Path == path) return open;
        open?.Dispose();
        return open = Syscall.TryOpenWithoutLinks(path, OpenFlags.Path | OpenFlags.Directory, out _);
    }

    /// <summary>Also follows links of root, finds a store with the name that Kairos gave it, and creates a mount point.</summary>
    private static FileHandle Bind(PersistentDirectory directory)
    {
        using var store = StepPlace.TryOpenDirectory(directory.Store)
            ?? (directory.FormerStore is { } former ? StepPlace.TryOpenDirectory(former) : null)
            ?? throw new MissingStoreException(directory.Store + " is missing; see in the messages before why it was not created");
        using var target = StepPlace.MountPoint(directory.Path);
        return Syscall.Bind(store, target);
    }

    /// <summary>Closes the directories: another step may mount or unmount something over them.</summary>
    public void Close()
    {
        stores?.Dispose();
        parent?.Dispose();
        stores = parent = null;
    }

    public void Dispose() => Close();
}

/// <summary>The store of a persistent path does not exist.</summary>
internal sealed class MissingStoreException(string text) : Exception(text);
