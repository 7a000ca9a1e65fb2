using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>Mounts a writable layer over a directory; https://docs.kernel.org/filesystems/overlayfs.html</summary>
internal static class OverlayMount
{
    private const int DirectoryMode = Octal.O755;

    /// <summary>Null where the layer is writable; a sentence where what it holds can only be read.</summary>
    public static string? Do(MountOverlay overlay, KernelModules modules)
    {
        using var target = StepPlace.MountPoint(overlay.Target);
        modules.LoadFileSystem("overlay");
        using var store = Store(overlay, out var isReadOnly);
        var flags = MountOptions.Parse(overlay.Options).Flags;
        if (isReadOnly) return MountReadOnly(overlay, store, target, flags);
        using var work = OpenOrMake(store!, "work", out _);
        using var upper = OpenOrMake(store!, "upper", out var isNew);
        if (isNew) TakeAfter(target, upper);
        Syscall.Mount("overlay", target, "overlay", flags, $"lowerdir={Layer(target)},upperdir={Layer(upper)},workdir={Layer(work)}");
        return null;
    }

    /// <summary>Open, and new unless it is to be kept. Null: it is missing, and its file system is read-only.</summary>
    private static FileHandle? Store(MountOverlay overlay, out bool isReadOnly)
    {
        isReadOnly = false;
        var existing = StepPlace.TryOpenDirectory(overlay.Store);
        if (existing is not null && ((isReadOnly = Syscall.IsReadOnly(existing)) || overlay.Keeps)) return existing;
        existing?.Dispose();
        try
        {
            if (overlay.Keeps) return StepPlace.MakeDirectories(overlay.Store);
            using var place = StepPlace.File(overlay.Store, followLast: false);
            FileTree.Delete(place.Directory, place.Name);
            Syscall.MkDirAt(place.Directory, place.Name, DirectoryMode);
            return Syscall.OpenDirectoryAt(place.Directory, place.Name);
        }
        catch (SyscallException e) when (e.Errno == Errno.EROFS)
        {
            isReadOnly = true;
            return null;
        }
    }

    /// <summary>The upper directory's own mode, owner and attributes are what the mount point shows.</summary>
    private static void TakeAfter(FileHandle target, FileHandle upper)
    {
        var status = Syscall.FStat(target);
        using var lower = Syscall.Reopen(target, OpenFlags.ReadOnly | OpenFlags.Directory);
        Syscall.FChOwn(upper, status.Uid, status.Gid);
        Syscall.FChMod(upper, status.Mode);
        ExtendedAttributes.Copy(lower, upper);
    }

    private static FileHandle OpenOrMake(FileHandle store, string name, out bool isNew)
    {
        var status = Syscall.TryStatAt(store, name);
        isNew = status is null;
        if (isNew) Syscall.MkDirAt(store, name, DirectoryMode);
        else if (status is { Type: not FileType.Directory } other)
            throw new OperatorException($"{store.Path}/{name} is no directory; it belongs to user {other.Uid}", "remove it");
        return Syscall.OpenDirectoryAt(store, name);
    }

    // The kernel refuses an upper layer on a read-only file system. As a second lower one it shows what was kept.
    private static string MountReadOnly(MountOverlay overlay, FileHandle? store, FileHandle target, MountFlags flags)
    {
        using var upper = store is null ? null : Syscall.TryOpenAt(store, "upper", OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow);
        if (upper is null) throw new OperatorException($"{overlay.Store} cannot be made: its file system is read-only", "see why it is, above");
        Syscall.Mount("overlay", target, "overlay", MountFlags.ReadOnly | flags, $"lowerdir={Layer(upper)}:{Layer(target)}");
        return $"read-only, because {overlay.Store} is";
    }

    /// <summary>
    /// A layer can only be named by its path, which mountinfo shows later. This one was found by a walk that refuses every link of a user, and it has no
    /// links in it; nobody but this process is running yet.
    /// </summary>
    private static string Layer(FileHandle directory) => directory.Path.AsSpan().IndexOfAny(",:\\") < 0 ? directory.Path
        : throw new OperatorException($"{directory.Path} cannot be a layer of an overlay: it has a comma, colon or backslash in it",
            "rename the directory that the link leads to");
}
